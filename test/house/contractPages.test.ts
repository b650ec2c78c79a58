import { existsSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { expect } from 'chai';
import { type FunctionFragment, Interface, type ParamType } from 'ethers';
import { marketplaceEscrowAbi } from '../../server/providers/chain/marketplaceEscrowAbi.ts';
import { errorsOf, eventsOf } from './solidityCalls.ts';
import { filesBelow, root, textOf } from './sources.ts';

const folder = 'docs/contract';
const headings = ['Purpose', 'Who may', 'Checks', 'State before and after', 'Events', 'Errors'];
/** Pages that are about the contract as a whole. */
const wholePages = ['README', 'gas', 'invariants', 'mutants', 'overview', 'pitfalls', 'security'];
/** Names in capitals that are neither errors nor events: statuses, signed messages, errors of Permit2. */
const otherNames =
  'None Closed Settle SettleBatch Terms Act Redirect Rotate CancelRotation SignerOff Rescue InvalidSigner InvalidNonce SignatureExpired';
/** One function serves both, and looks at which was called. */
const ofTheTwin: Readonly<Record<string, string>> = { freeze: 'Delivered', markDelivered: 'Frozen' };

const abi = new Interface(marketplaceEscrowAbi);
const verbs: FunctionFragment[] = [];
abi.forEachFunction((fragment) => {
  if (!fragment.constant) verbs.push(fragment);
});
const namesIn = (kind: string) =>
  abi.fragments.flatMap((f) => (f.type === kind && 'name' in f ? [String(f.name)] : []));
const errors = namesIn('error');
const events = namesIn('event');

/** A parameter as the sources write it: the terms have twelve fields, a settlement four. */
function parameter({ type, name, components, arrayChildren }: ParamType): string {
  const fields = components ?? arrayChildren?.components;
  const struct = fields?.length === 12 ? 'Terms' : 'Settlement';
  return `${fields ? struct + type.slice(type.lastIndexOf(')') + 1) : type} ${name}`;
}

function signatureOf({ name, inputs, payable }: FunctionFragment): string {
  return `function ${name}(${inputs.map(parameter).join(', ')})${payable ? ' payable' : ''}`;
}

const pageOf = (verb: string) => textOf(`${folder}/${verb}.md`);
/** The text under a heading of a page. */
function section(page: string, heading: string): string {
  return page.split(/^## /m).find((part) => part.startsWith(`${heading}\n`)) ?? '';
}
const namesOf = (text: string) => [...text.matchAll(/`([A-Z][A-Za-z]+)`/g)].map(([, name = '']) => name);
const sorted = (names: readonly string[]) => [...new Set(names)].sort();
/** What a check ends with: its errors. */
const errorsOfChecks = (page: string) =>
  section(page, 'Checks')
    .split('\n')
    .flatMap((line) => namesOf(/: (`\w+`(, `\w+`)*)$/.exec(line)?.[1] ?? ''));
const errorRows = (page: string) =>
  [...section(page, 'Errors').matchAll(/^\| `(\w+)` \|/gm)].map(([, name = '']) => name);
/** What the bullets of the events begin with. */
const eventBullets = (page: string) => namesOf(section(page, 'Events')).filter((name) => !errors.includes(name));

describe('house: pages of the contract', () => {
  it('have a page for every verb, and a verb for every page', () => {
    const pages = filesBelow(folder, '.md').map((path) => path.slice(folder.length + 1, -'.md'.length));
    const ofVerbs = pages.filter((page) => !wholePages.includes(page));
    expect(ofVerbs).to.deep.equal(verbs.map(({ name }) => name).sort());
  });

  for (const verb of verbs) {
    it(`say of ${verb.name} what the contract has`, () => {
      const page = pageOf(verb.name);
      const opening = `# ${verb.name}\n\n\`\`\`solidity\n${signatureOf(verb)}\n\`\`\`\n`;
      expect(page.slice(0, opening.length)).to.equal(opening);
      expect([...page.matchAll(/^## (.+)$/gm)].map(([, heading]) => heading)).to.deep.equal(headings);
      const unknown = namesOf(page).filter((name) => ![...errors, ...events, ...otherNames.split(' ')].includes(name));
      expect(unknown).to.deep.equal([]);
    });

    it(`name the errors and events that the code of ${verb.name} reaches, and no others`, () => {
      const page = pageOf(verb.name);
      expect(sorted(errorsOfChecks(page)), 'checks').to.deep.equal(errorsOf(verb.name));
      expect(sorted(errorRows(page)), 'errors').to.deep.equal(errorsOf(verb.name));
      const reached = eventsOf(verb.name).filter((name) => name !== ofTheTwin[verb.name]);
      expect(sorted(eventBullets(page)), 'events').to.deep.equal(reached);
    });
  }

  it('leave out no error and no event of the contract', () => {
    const named = verbs.flatMap(({ name }) => namesOf(pageOf(name)));
    expect([...errors, ...events].filter((name) => !named.includes(name))).to.deep.equal([]);
  });

  it('are all in the table of the verbs', () => {
    const index = pageOf('README');
    expect(verbs.filter(({ name }) => !index.includes(`\n| [\`${name}\`](${name}.md) |`))).to.deep.equal([]);
  });

  it('link to files and headings that are there', () => {
    const anchors = (path: string) =>
      [...textOf(path).matchAll(/^#+ (.+)$/gm)].map(([, heading = '']) =>
        heading
          .toLowerCase()
          .replaceAll(/[^\w -]/g, '')
          .replaceAll(' ', '-'),
      );
    const broken = filesBelow(folder, '.md').flatMap((path) =>
      [...textOf(path).matchAll(/\]\(([\w./-]+\.md)(?:#([\w-]+))?\)/g)].flatMap(([link, file = '', anchor]) => {
        const target = join(dirname(path), file);
        const there = existsSync(join(root, target)) && (anchor === undefined || anchors(target).includes(anchor));
        return there ? [] : [`${path}: ${link}`];
      }),
    );
    expect(broken).to.deep.equal([]);
  });
});
