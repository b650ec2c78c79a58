import { constants, PerformanceObserver } from 'node:perf_hooks';

/** Answers the bytes that were still in use after the last whole collection; what a process holds besides is V8's to give back or keep. */
export function watchLiveHeap(): () => number {
  let bytes = process.memoryUsage().heapUsed;
  const observer = new PerformanceObserver((list) => {
    const whole = list.getEntries().some(({ detail }) => kindOf(detail) === constants.NODE_PERFORMANCE_GC_MAJOR);
    if (whole) bytes = process.memoryUsage().heapUsed;
  });
  observer.observe({ entryTypes: ['gc'] });
  return () => bytes;
}

const kindOf = (detail: unknown) =>
  typeof detail === 'object' && detail !== null && 'kind' in detail ? detail.kind : undefined;
