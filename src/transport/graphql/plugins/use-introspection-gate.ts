import { blockFieldSuggestionsPlugin } from '@escape.tech/graphql-armor-block-field-suggestions';
import { NoSchemaIntrospectionCustomRule } from 'graphql';
import type { Plugin } from 'graphql-yoga';

/** Hides the schema: disables introspection and "Did you mean" suggestions. */
export function useIntrospectionGate(): Plugin {
  return {
    onPluginInit: ({ addPlugin }) => addPlugin(blockFieldSuggestionsPlugin()),
    onValidate: ({ addValidationRule }) => addValidationRule(NoSchemaIntrospectionCustomRule),
  };
}
