import { z } from 'zod';

/** One setting: its schema, what it is for, and whether production must name it itself. */
export interface Setting<S extends z.ZodType> {
  readonly group: string;
  readonly about: string;
  readonly schema: S;
  readonly required?: 'production';
  readonly secret?: true;
}

/** Names a setting, its group and what it is for. */
export const setting = <S extends z.ZodType>(
  group: string,
  about: string,
  schema: S,
  extra: Pick<Setting<S>, 'required' | 'secret'> = {},
) => ({
  group,
  about,
  schema,
  ...extra,
});

/** Production has to name it itself; a secret of which no example has a value. */
export const production = { required: 'production' } as const;
export const secret = { required: 'production', secret: true } as const;

/** Digits only: `Number` alone would read '0x10', '1e3' and blanks as numbers. */
export const whole = (low: number, high: number, standard: number) =>
  z
    .string()
    .trim()
    .regex(/^\d{1,9}$/, 'must be a whole number')
    .transform(Number)
    .pipe(z.number().min(low).max(high))
    .default(standard);
/** A text without the blanks around it. */
export const text = z.string().trim();
/** An absolute url of one of these schemes. */
export const url = (schemes: RegExp) => z.url({ protocol: schemes, error: `must be a url (${schemes.source})` });
/** Comma-separated words. */
export const list = text.default('').transform((value) =>
  value
    .split(',')
    .map((item) => item.trim())
    .filter((item) => item !== ''),
);
