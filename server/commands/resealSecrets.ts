import type { SealedField, SealedFields, SecretBox } from '../ports/identity.ts';

/** What a change of keys did; `broken` could not be opened and stays as it is. */
export interface ResealReport {
  readonly looked: number;
  readonly resealed: number;
  /** Changed by somebody else meanwhile, so sealed under the key of now. */
  readonly overtaken: number;
  readonly broken: readonly { readonly place: string; readonly why: string }[];
}

const pageSize = 100;

/** Seals every secret at rest under the first key, beside running servers; repeatable. */
export function createResealSecrets({ fields, box }: { readonly fields: SealedFields; readonly box: SecretBox }) {
  return async function resealSecrets(): Promise<ResealReport> {
    const report = { looked: 0, resealed: 0, overtaken: 0, broken: [] as { place: string; why: string }[] };

    async function reseal(field: SealedField): Promise<void> {
      report.looked += 1;
      if (box.isCurrent(field.sealed)) return;
      const { collection, id, field: name, sealed } = field;
      try {
        const isMine = await fields.replace(field, box.seal(field, box.open(field, sealed)));
        if (isMine) report.resealed += 1;
        else report.overtaken += 1;
      } catch (error) {
        if (!(error instanceof Error && error.name === 'SealBroken')) throw error;
        report.broken.push({ place: `${collection}/${id}/${name}`, why: error.message });
      }
    }

    let page = await fields.page(null, pageSize);
    for (let last = page.at(-1); last; last = page.at(-1)) {
      for (const field of page) await reseal(field);
      page = await fields.page(last, pageSize);
    }
    return report;
  };
}
