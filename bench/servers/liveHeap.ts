import { constants, PerformanceObserver } from 'node:perf_hooks';

/** Answers the bytes that were still in use after the last whole collection; what a process holds besides is V8's to give back or keep. */
export function watchLiveHeap(): () => number {
  let bytes = process.memoryUsage().heapUsed;
  const observer = new PerformanceObserver((list) => {
    const whole = list.getEntries().some((entry) => kindOf(entry) === constants.NODE_PERFORMANCE_GC_MAJOR);
    if (whole) bytes = process.memoryUsage().heapUsed;
  });
  observer.observe({ entryTypes: ['gc'] });
  return () => bytes;
}

/** `detail` is missing in the declaration of an entry. */
const kindOf = (entry: object): unknown => {
  const detail = 'detail' in entry ? entry.detail : null;
  return typeof detail === 'object' && detail !== null && 'kind' in detail ? detail.kind : null;
};
