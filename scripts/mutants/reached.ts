/** The probes reported since somebody last put another set here; the chain and the tests share a process. */
export const reached = { probes: new Set<number>() };
