import fc from 'fast-check';

/** Texts that mean something to a database, a shell, a template, a browser, a spreadsheet, a log or a path, if anybody let them. */
export const injections: readonly string[] = [
  `' OR '1'='1`,
  `'; DROP TABLE payments; --`,
  `{"$gt":""}`,
  '$where',
  '{"$where":"sleep(5000)"}',
  '; sleep 5',
  '$(sleep 5)',
  '`id`',
  '{{7*7}}',
  '#{7*7}',
  '<script>alert(1)</script>',
  '"><img src=x onerror=alert(1)>',
  '=HYPERLINK("http://x.example","y")',
  '@SUM(1)',
  '../../../../etc/passwd',
  '..%2f..%2fetc%2fpasswd',
  'file:///etc/passwd',
  'http://169.254.169.254/latest/meta-data/',
  'a\r\nset-cookie: a=b',
  '%00',
  'a\u0000b',
  '\u202e\u200b\ufeff',
  '\ud800',
  'é'.repeat(40),
  '👩‍👩‍👧‍👦',
  '__proto__',
  'constructor',
  'toString',
  'a'.repeat(5_000),
  '(a+)+$',
  '%s%n%x',
];

const deep = (levels: number): unknown => {
  let value: unknown = 1;
  for (let level = 0; level < levels; level += 1) value = [value];
  return value;
};

/** A key that an object literal would not keep: it would set the prototype. */
const poisoned = (key: string): unknown => JSON.parse(`{"${key}":{"polluted":"yes","isAdmin":true}}`);

/** Values of the wrong type, size or shape for whatever stands there. */
export const wrongValues: readonly unknown[] = [
  null,
  '',
  ' ',
  0,
  -1,
  '-1',
  '+1',
  '1e3',
  '1e-7',
  '0x10',
  '007',
  '1,5',
  'NaN',
  'Infinity',
  1e308,
  -1e308,
  1e-7,
  9_007_199_254_740_992,
  '9'.repeat(400),
  0.1,
  true,
  false,
  [],
  {},
  [[]],
  [null],
  ['a', 'b'],
  { $gt: '' },
  { $ne: null },
  { $where: 'sleep(5000)' },
  { $regex: '.*' },
  { length: 1e9 },
  { toString: 'x', valueOf: 'y' },
  poisoned('__proto__'),
  poisoned('constructor'),
  deep(60),
];

/** Any one of them, the simplest first, so that what fails shrinks to it. */
export const anyWrongValue: fc.Arbitrary<unknown> = fc.constantFrom(...wrongValues, ...injections);

/** Keys that should never be looked up, or set, on somebody's word. */
export const strangeKeys: readonly string[] = [
  'unknown',
  '__proto__',
  'constructor',
  'prototype',
  '$set',
  '$where',
  'a.b',
  '',
  'status',
  'escrowState',
  'seq',
  'role',
  'userId',
];
