import { randomUUID } from 'node:crypto';
import { expect, it } from 'vitest';
import { encodeId } from '../../src/schema-kit/global-id.ts';
import { type Account, mutationDocument, type TestApp } from './app.ts';

/**
 * The cases in which every mutation refuses alike: nobody signed in, a GUEST, and, where the input names an object,
 * a missing one, one of another type and one of another tenant, which all read the same.
 */
export function itRefuses(app: TestApp, name: string, cases: RefusalCases): void {
  const call = async (input: object, account?: Account) => {
    const { data, errors } = await app.graphql<Record<string, Refused>>(
      mutationDocument(name, ''),
      { input },
      account,
    );
    return data?.[name] ?? (errors?.[0]?.extensions?.['code'] as string);
  };

  it('asks for a token', async () => {
    expect(await call(await cases.input(await app.register()))).toBe('UNAUTHENTICATED');
  });

  it('refuses a GUEST', async () => {
    const owner = await app.register();
    const guest = await app.member(owner, 'GUEST');
    const answer = await call(await cases.input(owner), guest);
    if (cases.isForGuests) expect(answer).toMatchObject({ __typename: 'NotFoundError' });
    else expect(answer).toBe('FORBIDDEN');
  });

  const { idField } = cases;
  if (!idField) return;

  it('gives NotFoundError alike for a missing, a malformed and a foreign object', async () => {
    const owner = await app.register();
    const stranger = await app.register();
    const input = await cases.input(owner);
    const missing = { ...input, [idField.name]: encodeId(idField.type, randomUUID()) };
    const malformed = { ...input, [idField.name]: 'not an id' };
    const ofAnotherType = { ...input, [idField.name]: encodeId('Tenant', randomUUID()) };
    const answers = [
      await call(missing, stranger),
      await call(malformed, stranger),
      await call(ofAnotherType, stranger),
      await call(input, stranger),
    ];
    expect(answers).toEqual(Array<unknown>(4).fill(answers[0]));
    expect(answers[0]).toMatchObject({ __typename: 'NotFoundError' });
  });

  it('gives NotFoundError to another member of the tenant', async () => {
    const owner = await app.register();
    const colleague = await app.member(owner, 'USER');
    expect(await call(await cases.input(owner), colleague)).toMatchObject({ __typename: 'NotFoundError' });
  });
}

interface RefusalCases {
  /** An input that would succeed for its owner. */
  input: (owner: Account) => Promise<Record<string, unknown>>;
  /** The field that names the object, and its type. */
  idField?: { name: string; type: string };
  /** Whether a GUEST may call it, for objects of their own. */
  isForGuests?: boolean;
}

interface Refused {
  __typename: string;
  message: string;
}
