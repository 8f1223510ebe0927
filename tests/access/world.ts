import { randomUUID } from 'node:crypto';
import { beforeAll } from 'vitest';
import { encodeId } from '../../src/schema-kit/global-id.ts';
import type { TestApp } from '../support/app.ts';
import { rowId } from '../support/ids.ts';
import { testInstances } from '../support/instances.ts';
import { routerOf, ScriptedModel } from '../support/scripted-model.ts';
import { ISSUERS, type People, type Reader, SIGNED_IN, signInReaders } from './readers.ts';
import { makeThings, type Thing, typeOf } from './things.ts';

/**
 * For a file: one set of objects and readers. Everything is made by one app; then another one answers, which runs no
 * jobs, so that its statements are those of requests.
 */
export function accessWorld(): World {
  const instances = testInstances({ router: routerOf(new ScriptedModel()) });
  const world = new World();
  beforeAll(async () => {
    const maker = await instances.start();
    world.people = await signInReaders(maker);
    world.ids = await makeThings(maker, world.people);
    await maker.close();
    world.app = await instances.start({ role: 'api', issuers: ISSUERS });
    for (const reader of SIGNED_IN) await world.ask(reader, '{ viewer { id } }'); // what only the first request does
  });
  return world;
}

export class World {
  app!: TestApp;
  people!: People;
  ids!: Record<Thing, string>;
  requests = 0;

  /** The whole answer as text; of a subscription its first result. */
  async ask(reader: Reader, query: string, variables: object = {}): Promise<string> {
    this.requests += 1;
    const { token } = this.people.credentials[reader];
    if (query.startsWith('subscription')) {
      for await (const result of this.app.events(query, variables, { token }))
        return JSON.stringify({ status: statusOf(result), ...result });
      return 'nothing';
    }
    const { status, data, errors } = await this.app.graphql(query, variables, { token });
    return JSON.stringify({ status, data, errors });
  }

  /** As old as the thing, so that an order by ids says nothing. */
  missing(thing: Thing): string {
    const id = `${rowId(this.ids[thing]).slice(0, 14)}${randomUUID().slice(14)}`;
    const isPart = ['Checkpoint', 'StepExecution'].includes(typeOf(thing));
    return encodeId(typeOf(thing), isPart ? `${id}:1` : id);
  }
}

/** A subscription that is refused over SSE has status 200; the error says which it would be. */
function statusOf({ errors }: { errors?: { extensions?: Record<string, unknown> }[] }): number {
  return errors?.[0]?.extensions?.['code'] === 'UNAUTHENTICATED' ? 401 : 200;
}
