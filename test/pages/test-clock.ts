// A clock that runs with the machine's and can be put forward.

import type { Clock } from '../../src/base/clock.ts';

export class TestClock implements Clock {
  #ahead = 0;

  now(): Date {
    return new Date(Date.now() + this.#ahead);
  }

  forward({ minutes }: { minutes: number }): void {
    this.#ahead += minutes * 60_000;
  }
}
