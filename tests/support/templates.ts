import type { TestApp } from './app.ts';
import { design } from './runs.ts';

export const TEMPLATE_FIELDS = `id name description visibility version forkCount
  owner { id } forkedFrom { id } inputs { name title description defaultValue }
  design { steps { key prompt } }`;

/** The fields of a mutation's template, and of its errors. */
export function templateFields(mutation: string): string {
  const title = `${mutation.charAt(0).toUpperCase()}${mutation.slice(1)}`;
  return `... on ${title}Success { template { ${TEMPLATE_FIELDS} } }
    ... on ValidationError { issues { path code } }`;
}

export async function createTemplate(
  app: TestApp,
  account: { token: string },
  input: object = {},
): Promise<Template> {
  const made = await app.mutate<TemplateResult>(
    'createTemplate',
    { name: 'Weekly digest', design: design({ key: 'only' }), ...input },
    templateFields('createTemplate'),
    account,
  );
  if (!made.template) throw new Error(`no template: ${JSON.stringify(made)}`);
  return made.template;
}

export async function readTemplate(
  app: TestApp,
  account: { token: string },
  id: string,
): Promise<Template | null> {
  const query = `query ($id: ID!) { template(id: $id) { ${TEMPLATE_FIELDS} } }`;
  const { data } = await app.graphql<{ template: Template | null }>(query, { id }, account);
  return data!.template;
}

export interface TemplateResult {
  __typename: string;
  template?: Template;
  issues?: { path: string[]; code: string }[];
}

export interface Template {
  id: string;
  name: string;
  description: string;
  visibility: string;
  version: number;
  forkCount: number;
  owner: { id: string } | null;
  forkedFrom: { id: string } | null;
  inputs: { name: string; title: string; description: string; defaultValue: string | null }[];
  design: { steps: { key: string; prompt: string | null }[] };
}
