import fs from 'node:fs';
import path from 'node:path';
import { type GraphQLInterfaceType, parse, validate } from 'graphql';
import { describe, expect, it } from 'vitest';
import { SETTING_NAMES } from '../../src/config/config.ts';
import { LIMITS_SETTINGS } from '../../src/config/limits.ts';
import { ERROR_CODES, TRANSPORT_ERROR_CODES } from '../../src/errors.ts';
import { MAX_PAGE_EVENTS } from '../../src/kernel/events/event-page.ts';
import { MAX_PAGE_BYTES } from '../../src/core/event-log/event-log.ts';
import {
  MAX_CONTEXT_DEPTH,
  MAX_CONTEXT_LENGTH,
  MAX_IDEMPOTENCY_KEY_LENGTH,
  MAX_PROMPT_LENGTH,
  MAX_STEP_PROMPT_LENGTH,
} from '../../src/kernel/limits.ts';
import { PLANS } from '../../src/kernel/plans.ts';
import { DEFAULT_MAX_OUTPUT_TOKENS, MAX_OUTPUT_TOKENS, MAX_STEPS } from '../../src/modules/designs/design.ts';
import { ACCESS_ENDS } from '../../src/modules/auth/access-watch.ts';
import { GUESSES, REQUESTS } from '../../src/modules/auth/throttle/throttle-rules.ts';
import {
  MAX_INPUT_DESCRIPTION_LENGTH,
  MAX_INPUT_TITLE_LENGTH,
  MAX_INPUT_VALUE_LENGTH,
  MAX_INPUTS,
} from '../../src/modules/templates/inputs.ts';
import { competitorDigest } from '../../src/modules/templates/starters/competitor-digest.ts';
import { STARTERS } from '../../src/modules/templates/starters/starters.ts';
import { MAX_NODE_IDS } from '../../src/schema-kit/node-queries.ts';
import { MAX_PAGE } from '../../src/kernel/reads/pagination.ts';
import { httpStatusOf } from '../../src/transport/error-status.ts';
import { schema } from '../../src/transport/graphql/schema.ts';
import {
  DOCUMENT_LIMITS,
  MAX_ANSWER_BYTES,
  MAX_BODY_BYTES,
  MAX_MESSAGE_BYTES,
  MAX_OPERATIONS,
} from '../../src/transport/graphql/limits.ts';
import {
  CLOSE,
  MAX_SOCKETS_PER_ADDRESS,
  MAX_SOCKETS_PER_USER,
  MAX_UNAUTHENTICATED_SOCKETS,
} from '../../src/transport/graphql/socket/close.ts';
import { MAX_HEADER_BYTES } from '../../src/transport/http/server.ts';
import { rowsOf } from '../support/document-tables.ts';

const FILES = ['.', 'docs', 'demo', 'bench', 'tools', 'tests'].flatMap((folder) =>
  fs
    .readdirSync(folder)
    .filter((name) => name.endsWith('.md'))
    .map((name) => path.posix.join(folder, name)),
);
const readme = read('README.md');

describe.each(FILES)('%s', (file) => {
  const text = read(file);

  it('links to files that exist', () => {
    const links = [...text.matchAll(/\]\(([^)#:\s]+)(?:#[^)]*)?\)/g)].map(([, link]) => link!);
    const missing = links.filter((link) => !fs.existsSync(path.join(path.dirname(file), link)));
    expect(missing).toEqual([]);
  });

  it('shows operations that fit the schema', () => {
    for (const document of blocksOf(text, 'graphql')) {
      expect(validate(schema, parse(document)), document).toEqual([]);
    }
  });
});

describe('README.md', () => {
  it('quotes the example of a resuming reader as it is tested', () => {
    expect(blocksOf(readme, 'ts')).toContain(read('docs/examples/follow-run.ts'));
  });

  it('shows first queries', () => {
    expect(blocksOf(readme, 'graphql').length).toBeGreaterThan(2);
  });

  it('lists every setting', () => {
    const named = rowsOf(readme, '| setting |').flatMap(([names]) => namesIn(names!));
    expect(named.toSorted()).toEqual(SETTING_NAMES.toSorted());
  });

  it('lists the plans', () => {
    expect(rowsOf(readme, '| plan |')).toEqual(
      Object.entries(PLANS).map(([name, { executionsPerDay: runs, costPerDayMicros: cost }]) => [
        name,
        runs === null ? 'no limit' : String(runs),
        cost === null ? 'no limit' : (Number(cost) / 1e6).toFixed(2),
      ]),
    );
  });

  it('lists the limits', () => {
    const count = (value: number) => value.toLocaleString('en-US');
    const operations = LIMITS_SETTINGS.RATE_LIMIT_PER_MINUTE.parse(undefined);
    const { tokens, depth, aliases, aliasLength, directives, cost } = DOCUMENT_LIMITS;
    expect(rowsOf(readme, '| what |')).toEqual([
      [
        'operations of a caller',
        `${operations} a minute unless set; sign-ins, messages and runs have [limits of their own](docs/rate-limits.md)`,
      ],
      ['text of a message, request of a run', `${count(MAX_PROMPT_LENGTH)} characters`],
      ['prompt of a step', `${count(MAX_STEP_PROMPT_LENGTH)} characters`],
      ['`context`', `${count(MAX_CONTEXT_LENGTH)} characters of JSON, ${MAX_CONTEXT_DEPTH} levels deep`],
      ['`idempotencyKey`', `${MAX_IDEMPOTENCY_KEY_LENGTH} characters`],
      ['steps of a design', String(MAX_STEPS)],
      [
        'output of a step',
        `${count(MAX_OUTPUT_TOKENS)} tokens; ${count(DEFAULT_MAX_OUTPUT_TOKENS)} unless set`,
      ],
      ['page of a list', `${MAX_PAGE} objects; 20 unless set`],
      [
        'page of `events`',
        `${count(MAX_PAGE_EVENTS)} events, ${MAX_PAGE_BYTES / 1024} KiB; 100 events unless set`,
      ],
      [
        'GraphQL document',
        `${count(tokens)} tokens, ${depth} levels, ${aliases} aliases of ${aliasLength} characters, ${directives} directives, [cost](docs/limits.md) ${count(cost)}`,
      ],
      ['HTTP body, WebSocket message of a client', `${count(MAX_BODY_BYTES)} bytes`],
      ['answer over HTTP', `${count(MAX_ANSWER_BYTES)} bytes`],
      ['WebSocket message, event of a stream', `${count(MAX_MESSAGE_BYTES)} bytes`],
      ['ids of `nodes`', String(MAX_NODE_IDS)],
      ['HTTP headers', `${count(MAX_HEADER_BYTES)} bytes`],
      ['operations on one WebSocket', String(MAX_OPERATIONS)],
      ['WebSockets of one user, to one process', String(MAX_SOCKETS_PER_USER)],
      ['WebSockets of one address, to one process', String(MAX_SOCKETS_PER_ADDRESS)],
      ['WebSockets of one address before sign-in', String(MAX_UNAUTHENTICATED_SOCKETS)],
    ]);
  });
});

describe('docs/signing-in.md', () => {
  it('quotes the recipe for browsers as it is tested', () => {
    expect(blocksOf(read('docs/signing-in.md'), 'js')).toContain(read('docs/examples/browser-session.js'));
  });

  it('lists every close of a WebSocket with its reason', () => {
    const text = read('docs/signing-in.md');
    for (const [code, reason] of Object.values(CLOSE)) expect(text).toContain(`| ${code} | ${reason} |`);
    for (const { message } of Object.values(ACCESS_ENDS)) expect(text).toContain(`| 4403 | ${message} |`);
  });

  it('states the limits of the throttle', () => {
    const text = read('docs/signing-in.md');
    const { account, address } = GUESSES;
    expect(text).toContain(
      `| ${account.free} failures | the account is locked for ${account.firstLockSeconds / 60} minute;`,
    );
    expect(text).toContain(`up to ${account.maxLockSeconds / 60} minutes`);
    expect(text).toContain(`| ${address.max} failures in ${address.seconds / 60} minutes |`);
    const requests = Object.values(REQUESTS).map(({ account, address }) => [account?.max ?? '', address.max]);
    const [, table] = /\| in an hour \|.*\n.*\n((?:\|.*\n)+)/.exec(text)!;
    const cells = table!
      .trim()
      .split('\n')
      .map((row) =>
        row
          .split('|')
          .slice(2, 4)
          .map((cell) => cell.trim()),
      );
    expect(cells).toEqual(requests.map((row) => row.map(String)));
  });
});

describe('docs/templates.md', () => {
  const text = read('docs/templates.md');

  it('lists the starters', () => {
    const code = (names: string[]) => names.map((one) => `\`${one}\``).join(', ');
    expect(rowsOf(text, '| starter |')).toEqual(
      STARTERS.map(({ name, inputs, steps }) => [
        name.en,
        name.ko,
        code(inputs.map((input) => input.name)),
        String(steps.length),
        code(steps.filter(({ approval }) => approval).map(({ key }) => key)),
      ]),
    );
  });

  it('opens the starter up as it is', () => {
    const { inputs, steps } = competitorDigest;
    expect(rowsOf(text, '| input |')).toEqual(
      inputs.map(({ name, title, defaultValue }) => [`\`${name}\``, title.en, defaultValue?.en ?? '']),
    );
    expect(rowsOf(text, '| step |').map((row) => row.slice(0, 3))).toEqual(
      steps.map(({ key, agent, dependsOn = [] }) => [
        `\`${key}\``,
        agent,
        dependsOn.map((one) => `\`${one}\``).join(', '),
      ]),
    );
  });

  it('lists the limits of inputs', () => {
    const count = (value: number) => `${value.toLocaleString('en-US')} characters`;
    const limits = new Map(rowsOf(text, '| | limit |').map(([what, limit]) => [what, limit]));
    expect(Object.fromEntries(limits)).toMatchObject({
      'inputs of a template': String(MAX_INPUTS),
      title: count(MAX_INPUT_TITLE_LENGTH),
      description: count(MAX_INPUT_DESCRIPTION_LENGTH),
      'value, default': count(MAX_INPUT_VALUE_LENGTH),
      'prompt of a step with its values': count(MAX_STEP_PROMPT_LENGTH),
    });
  });
});

describe('the errors in README.md', () => {
  const rows = rowsOf(readme, '| code | in a');
  const codes = rows.map(([code]) => namesIn(code!)[0]!);

  it('are those of src/errors.ts, each with its HTTP status', () => {
    for (const code of ERROR_CODES) {
      const row = rows[codes.indexOf(code)];
      expect(row?.[2], code).toBe(String(httpStatusOf(code) ?? 200));
    }
  });

  it('hold the same codes as src/errors.ts, and every code that the transport adds', () => {
    expect(codes.toSorted()).toEqual([...ERROR_CODES, ...TRANSPORT_ERROR_CODES].toSorted());
    const added = sourcesIn('src/transport').flatMap((text) =>
      [...text.matchAll(/\bcode: '([A-Z_]+)'/g)].map(([, code]) => code!),
    );
    expect(added.filter((code) => !codes.includes(code))).toEqual([]);
  });

  it('name every member of a result union', () => {
    const members = rows.flatMap(([, member]) => namesIn(member!));
    const types = schema.getPossibleTypes(schema.getType('UserError') as GraphQLInterfaceType);
    expect(members.toSorted()).toEqual(types.map(String).toSorted());
  });

  it('say of each what to do', () => {
    expect(new Set(codes).size).toBe(codes.length);
    expect(rows.filter(([, , , meaning, action]) => !meaning || !action)).toEqual([]);
  });

  it('hold every code with which a WebSocket is closed', () => {
    const closes = rowsOf(readme, '| code | reason').map(([code, reason]) => [Number(code), reason]);
    expect(closes.slice(0, -1)).toEqual(Object.values(CLOSE).map((close) => [...close]));
  });
});

function blocksOf(text: string, language: string): string[] {
  return [...text.matchAll(new RegExp(`^\`\`\`${language}\\n([^]*?)^\`\`\``, 'gm'))].map(
    ([, block]) => block!,
  );
}

function namesIn(cell: string): string[] {
  return [...cell.matchAll(/`(\w+)`/g)].map(([, name]) => name!);
}

function sourcesIn(folder: string): string[] {
  const files = fs.readdirSync(folder, { recursive: true, withFileTypes: true });
  return files
    .filter((file) => file.isFile())
    .map(({ parentPath, name }) => read(path.join(parentPath, name)));
}

function read(file: string): string {
  return fs.readFileSync(file, 'utf8');
}
