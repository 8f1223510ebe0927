import { blockFieldSuggestionsPlugin } from '@escape.tech/graphql-armor-block-field-suggestions';
import { NoSchemaIntrospectionCustomRule } from 'graphql';
import type { Plugin } from 'graphql-yoga';

/** Keeps the schema to those who have it already: neither introspection nor "Did you mean". */
export function useIntrospectionGate(): Plugin {
  return {
    onPluginInit: ({ addPlugin }) => addPlugin(blockFieldSuggestionsPlugin()),
    onValidate: ({ addValidationRule }) => addValidationRule(NoSchemaIntrospectionCustomRule),
  };
}
