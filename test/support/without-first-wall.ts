// A storage whose stores have forgotten whom they answer: every reach that they are given counts as one over everything.

import type { Storage, Stores } from '../../src/domain/stores.ts';
import { reachOf, rootCompany } from './factories.ts';

const EVERYTHING = reachOf(rootCompany, true);

export function withoutFirstWall(storage: Storage): Storage {
  return {
    read: (work) => storage.read((stores) => work(forgetful(stores))),
    write: (work) => storage.write((stores) => work(forgetful(stores))),
  };
}

function forgetful(stores: Stores): Stores {
  const entries = Object.entries(stores).map(([name, store]) => [name, forgetReach(store as object)]);
  return Object.fromEntries(entries) as Stores;
}

function forgetReach(store: object): object {
  return new Proxy(store, {
    get(target, name) {
      const method: unknown = Reflect.get(target, name);
      if (typeof method !== 'function') return method;
      return (...given: unknown[]): unknown =>
        method.apply(
          target,
          given.map((each) => (isReach(each) ? EVERYTHING : each)),
        ) as unknown;
    },
  });
}

function isReach(value: unknown): boolean {
  return typeof value === 'object' && value !== null && 'companyPath' in value && 'subtree' in value;
}
