// What is there at once, or else a moment later: for paths that wait for nothing as long as everything is in memory.

export type Soon<T> = T | Promise<T>;

/** Goes on with the value at once when it is there, so that a chain of these takes no turn of the event loop. */
export function whenThere<T, U>(value: Soon<T>, goOn: (value: T) => Soon<U>): Soon<U> {
  return value instanceof Promise ? value.then(goOn) : goOn(value);
}
