import graphql from '@graphql-eslint/eslint-plugin';

/** Of the root types, Query alone: a mutation always gives a member of its result union. */
const nullableQueries = {
  ...graphql.rules['require-nullable-result-in-root'],
  create(context) {
    const [checkType] = Object.values(graphql.rules['require-nullable-result-in-root'].create(context));
    return { 'ObjectTypeDefinition[name.value=Query]': checkType };
  },
};

const base = {
  plugins: {
    '@graphql-eslint': graphql,
    agentforge: { rules: { 'require-nullable-result-in-query': nullableQueries } },
  },
  languageOptions: {
    parser: graphql.parser,
    parserOptions: {
      graphQLConfig: { schema: 'schema/schema.graphql', documents: 'schema/operations/*.graphql' },
    },
  },
};

/** oxlint checks the TypeScript; this checks the printed schema and the operations. */
export default [
  {
    ...base,
    files: ['schema/schema.graphql'],
    rules: {
      ...graphql.configs['flat/schema-recommended'].rules,
      ...graphql.configs['flat/schema-relay'].rules,
      // A list of events or steps is no page of a connection.
      '@graphql-eslint/relay-edge-types': ['error', { listTypeCanWrapOnlyEdgeType: false }],
      '@graphql-eslint/require-description': [
        'error',
        {
          types: true,
          DirectiveDefinition: true,
          EnumValueDefinition: true,
          FieldDefinition: true,
          InputValueDefinition: true,
        },
      ],
      // Events, errors, results and pages are values: only what `node` can fetch has an id.
      '@graphql-eslint/strict-id-in-types': 'off',
      'agentforge/require-nullable-result-in-query': 'error',
    },
  },
  {
    ...base,
    files: ['schema/operations/*.graphql'],
    rules: {
      ...graphql.configs['flat/operations-recommended'].rules,
      '@graphql-eslint/match-document-filename': [
        'error',
        { query: 'camelCase', mutation: 'camelCase', subscription: 'camelCase' },
      ],
    },
  },
];
