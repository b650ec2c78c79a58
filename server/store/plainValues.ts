/** For queries by what came from outside: an object in the place of a value is a value, never an operator, and so no value of the schema. */
export const plainValues = { sanitizeFilter: true } as const;
