import { expect } from 'chai';
import { renderOpenapi } from '../../server/http/openapi.ts';
import { policies } from '../../server/http/policies.ts';

interface Described {
  readonly operationId: string;
  readonly security: readonly object[];
  readonly parameters?: readonly { name: string; in: string }[];
  readonly responses: Record<string, { description: string; headers?: Record<string, object> }>;
  readonly requestBody?: {
    required: boolean;
    content: Record<string, { schema: { properties: Record<string, unknown> } }>;
  };
}
const document = JSON.parse(renderOpenapi()) as {
  paths: Record<string, Record<string, Described>>;
  components: { schemas: Record<string, { enum?: string[] }> };
};
const described = (method: string, path: string) => document.paths[path]?.[method];

describe('the OpenAPI document', () => {
  it('describes every operation, and nothing else', () => {
    const names = Object.entries(document.paths).flatMap(([path, methods]) =>
      Object.keys(methods).map((method) => `${method.toUpperCase()} ${path.replace(/\{(\w+)\}/g, ':$1')}`),
    );
    expect(names.sort()).to.deep.equal(Object.keys(policies).sort());
  });

  it('gives every operation its own id', () => {
    const ids = Object.values(document.paths).flatMap((methods) =>
      Object.values(methods).map((entry) => entry.operationId),
    );
    expect(new Set(ids).size).to.equal(ids.length);
  });

  it('takes its words from the one list of statuses', () => {
    expect(document.components.schemas.PaymentStatus?.enum).to.include.members(['pending', 'completed', 'refunded']);
  });

  it('says who needs a token, which keys a POST takes, and which refusals it knows', () => {
    const intent = described('post', '/api/payment/shkeeper/intents');
    expect(intent?.security).to.deep.equal([{ bearer: [] }, { serverKey: [] }]);
    expect(described('post', '/api/payment/shkeeper/{id}/release')?.security).to.deep.equal([{ bearer: [] }]);
    expect(intent?.parameters?.map((entry) => entry.name)).to.include('Idempotency-Key');
    expect(intent?.responses['409']?.description).to.include('offer_mismatch');
    expect(intent?.responses).to.include.keys('200', '400', '401', '403', '422', '502');
    const body = intent?.requestBody?.content['application/json']?.schema.properties;
    expect(body).to.include.keys('purchaseRequestId', 'sellerOfferId', 'amount', 'sellerId', 'token', 'network');
    expect(described('get', '/api/payment/health')?.security).to.deep.equal([]);
    expect(described('post', '/api/payment/shkeeper/webhook')?.responses).to.include.keys('202', '401', '413', '503');
  });

  it('names the headers by which a caller reads and changes the version that he knows', () => {
    const [read, change] = [described('get', '/api/payment/{id}'), described('put', '/api/payment/{id}')];
    const names = (entry: Described | undefined) => entry?.parameters?.map(({ name }) => name);
    expect(names(read)).to.include('If-None-Match').and.not.include('If-Match');
    expect(names(change)).to.include('If-Match').and.not.include('If-None-Match');
    for (const entry of [read, change]) expect(entry?.responses['200']?.headers).to.include.keys('ETag');
    expect(read?.responses).to.include.keys('304').and.not.include.keys('412');
    expect(change?.responses['412']?.description).to.include('precondition_failed');
  });

  it('demands a body where an empty one would be refused, and nowhere else', () => {
    const required = (path: string) => described('post', path)?.requestBody?.required;
    expect(required('/api/payment/v1/sessions')).to.equal(true);
    expect(required('/api/payment/shkeeper/{id}/release')).to.equal(false);
  });

  it('is the same every time, so that a difference means a change', () => {
    expect(renderOpenapi()).to.equal(renderOpenapi());
  });
});
