import { OVERRIDE_ELSEWHERE, REVEAL_ELSEWHERE } from './injection-rules-languages.ts';
import { pattern, words } from './pattern.ts';

/** Where an imperative can start: at the start of a clause, or after words that address the reader. */
const ORDER = String.raw`(?:^|[\n.!?:;,"'(\[{<>|#=\/\\•-] ?|\b${words`
  please now and then also just kindly simply first instead but so okay? hey hi let's
  you_(?:must|should|will|can|may|need_to|have_to|are_to) (?:can|could|will|would)_you
  (?:want|need|order|ask|instruct|command|require|urge|like|allow)_you_to`} )`;
/** Words that may occur between a verb and its object. Not "my": users may revoke their own instructions. */
const FILL = `(?:${words`
  all any every each of the these those this that to with from out me us back as it now and
  full entire complete exact whole verbatim contents? above literally completely totally first`} ){0,6}`;
const IGNORE = words`
  ignore disregard forget overrid(?:e|ing) bypass discard overrule neglect circumvent violate abandon set_aside
  pay_no_attention_to do(?:_not|n't)_(?:follow|obey|comply_with) stop_(?:following|obeying)`;
const PRIOR = words`
  previous prior above earlier preceding foregoing original initial system developer hidden your safety
  openai'?s? anthropic'?s? google'?s?`;
const INSTRUCTIONS = words`instructions? directions directives? prompts? rules guidelines commands`;
const LIMITS = words`
  restrictions? constraints? polic(?:y|ies) guardrails? safeguards? training programming filters? instructions? rules`;
/** Excludes instructions about another subject, e.g. "the previous instructions about parking". */
const NOT_ABOUT = `(?! ${words`
  about from on in regarding for concerning of sent dated issued by that which when where if`} (?!${words`
  you me\b now\b this_(?:chat|conversation|prompt|message)
  (?:the_)?(?:system|developer|user|operator|openai|anthropic|google)`}))`;
const GIVEN = words`
  above before_this given_(?:to_you_)?(?:above|before|so_far) so_far
  (?:that_)?you_(?:were|have_been|got|have|received|are)_?(?:given|told|following)?`;
const SAID = words`
  above before prior (?:that_)?you_(?:were|have_been)_(?:told|given|instructed)
  (?:i|we|they)_(?:have_)?(?:said|told_you)(?:_before)? (?:said|written|stated)_(?:above|before)`;
const CLAUSE_END = String.raw`(?= ?(?:$|[\n.,;:!?"')]|and |then |instead))`;

const TELL = words`
  reveal show print output repeat display leak expose dump give tell send write copy recite share disclose quote paste
  return provide translate summari[sz]e encode spell list post`;
const TELL_PLAINLY = words`reveal print output repeat display leak expose dump recite disclose copy show tell`;
const HIDDEN = words`system hidden initial original secret internal developer confidential underlying`;
const KEYS = words`api[_-]?keys? secret_keys? access_tokens? private_keys? environment_variables env_vars?`;
const SECRETS = `(?:${KEYS}|${words`credentials passwords? secrets`})`;
const SECRET_SETTINGS = words`
  process\.env os\.environ (?:openai|anthropic|google|gemini)_?api_?key encryption_?key jwt_?secret_?key secret_key
  database_url`;

/**
 * The known attack patterns. They match normalized text: NFKC, lower case, no invisible characters, no Markdown
 * emphasis, single spaces, single newlines. Every gap is bounded, so matching takes linear time.
 *
 * Ordinary text does not match, because an order to the model starts a clause ("ignore previous instructions"),
 * while a report about people has its subject before the verb ("employees ignore previous instructions").
 * Instructions about another subject ("the previous instructions about parking") are only notable.
 */
export const INJECTION_RULES: readonly InjectionRule[] = [
  {
    kind: 'OVERRIDE',
    what: 'Asks the model to ignore its instructions',
    severe: [
      pattern`${ORDER}${IGNORE} ${FILL}(?:${PRIOR} ${FILL}){1,3}${INSTRUCTIONS}\b${NOT_ABOUT}`,
      pattern`${ORDER}${IGNORE} ${FILL}(?:your|safety|system) ${FILL}(?:\w+ )?${LIMITS}\b${NOT_ABOUT}`,
      pattern`${ORDER}${IGNORE} ${FILL}${INSTRUCTIONS} ${FILL}${GIVEN}${CLAUSE_END}`,
      pattern`${ORDER}${IGNORE} (?:everything|anything|all|all of it|whatever|what) ${FILL}${SAID}(?: this)?${CLAUSE_END}`,
      ...OVERRIDE_ELSEWHERE,
    ],
    notable: [
      pattern`${ORDER}${IGNORE} ${FILL}(?:${PRIOR} ${FILL}){1,3}${INSTRUCTIONS}\b`,
      pattern`\b(?:from now on,? you (?:are|will|must)|forget (?:that )?you are an? (?:ai|assistant|language model))\b`,
      pattern`(?:^|\n)[#=\-\[<( ]{0,20}(?:new|updated|real|actual|important) (?:system |developer )?(?:instructions?|prompt|task|orders)\b[^\n]{0,20}:`,
    ],
  },
  {
    kind: 'REVEAL_PROMPT',
    what: "Asks for the model's own instructions",
    severe: [
      pattern`${ORDER}${TELL} ${FILL}(?:your (?:\w+ ){0,2}?${HIDDEN}[ -]?(?:prompts?|instructions?|rules|guidelines|messages?|configuration))\b`,
      pattern`${ORDER}${TELL_PLAINLY} ${FILL}the (?:\w+ ){0,2}?(?:system|developer) ?prompts?\b(?! (?:for|of|that|we|i|to|in|used|templates?|editor)\b)`,
      pattern`\bwhat(?:'s| is| are| was| were) (?:in )?your (?:\w+ ){0,2}?${HIDDEN} ?(?:prompts?|instructions?|message)\b`,
      pattern`${ORDER}${TELL_PLAINLY} ${FILL}(?:everything|words|text|prompt|instructions|conversation|message) ${FILL}(?:above|before this)[^\n]{0,40}\b(?:verbatim|word for word|exactly|starting with|beginning with|code ?block)\b`,
      ...REVEAL_ELSEWHERE,
    ],
    notable: [
      pattern`${ORDER}(?:${TELL} ${FILL}|what(?:'s| are| is) )your (?:instructions|prompt|guidelines)\b`,
      pattern`${ORDER}${TELL_PLAINLY} ${FILL}(?:everything|words|text) ${FILL}above\b`,
    ],
  },
  {
    kind: 'REVEAL_SECRETS',
    what: 'Asks for keys or other secrets',
    severe: [
      pattern`${ORDER}${TELL} ${FILL}(?:your|the (?:server|system|model|provider|llm|openai|anthropic|google)(?:'s)?) ${FILL}(?:\w+ )?${KEYS}\b(?! (?:rotation|policy|policies|requirements?|management)\b)`,
      pattern`${ORDER}${TELL} ${FILL}(?:\w+ ){0,2}${SECRETS} (?:that )?you (?:have|hold|know|use|were given|can (?:see|access))\b`,
      pattern`${ORDER}${TELL} ${FILL}(?:values? of )?\$?\{?${SECRET_SETTINGS}\b`,
      pattern`\bwhat(?:'s| is| are) your (?:\w+ )?${KEYS}\b`,
    ],
    notable: [
      pattern`${ORDER}(?:reveal|leak|expose|dump|disclose|exfiltrate|steal) ${FILL}(?:\w+ )?${SECRETS}\b`,
      pattern`${ORDER}${TELL_PLAINLY} ${FILL}your ${FILL}${SECRETS}\b`,
      pattern`${ORDER}(?:append|add|attach|insert) ${FILL}(?:conversation|history|data|answer|secrets?|keys?) (?:\w+ ){0,3}(?:to|into|in) ${FILL}(?:url|link|query)\b`,
      pattern`!\[[^\]\n]{0,80}\]\(https?:\/\/[^)\s]{0,200}(?:\{|\$|%7b|<)`,
    ],
  },
  {
    kind: 'FORGED_ROLE',
    what: 'Contains the marks that separate the roles of a chat',
    severe: [
      pattern`<\|(?:im ?start|start ?header ?id)\|> ?(?:system|developer)`,
      pattern`<\|(?:system|developer)\|>|<<sys>>`,
    ],
    notable: [
      pattern`<\|(?:im ?start|im ?end|eot ?id|end ?of ?text|start ?header ?id|end ?header ?id|assistant|user)\|>|\[\/?inst\]`,
      pattern`<\/(?:system|developer|instructions|user ?input|untrusted|data)>`,
      pattern`(?:^|\n)[#\[<( ]{0,20}(?:system|developer|admin|root)(?: ?(?:prompt|message|override|note))?[\])>]{0,20} ?: ?(?:you|ignore|disregard|new|from now|the (?:user|assistant))\b`,
      pattern`\b(?:begin|end) (?:of )?system (?:prompt|message|instructions)\b`,
    ],
  },
  {
    kind: 'JAILBREAK',
    what: 'Asks the model to act without its rules',
    severe: [
      pattern`\bdo anything now\b|\byou are (?:now )?(?:going to (?:be|act as) )?dan\b`,
      pattern`\byou are (?:now (?:in|entering) ${words`developer debug admin root`}|(?:now )?in ${words`god jailbreak dan unrestricted`}) mode\b`,
      pattern`\b${words`pretend imagine assume act_as_if behave_as_if act_like`} (?:that )?you (?:have no|are not bound by|are free (?:of|from)|have none of)(?: any| your)?(?: ${words`safety content ethical moral`})? ${words`restrictions rules guidelines filters instructions`}\b(?! (?:on|of|for|in)\b)`,
      pattern`${ORDER}(?:act|behave|respond|answer) (?:as|like) an? (?:unrestricted|unfiltered|uncensored|jailbroken|amoral)\b`,
      pattern`${ORDER}(?:enter|enable|activate|switch to) (?:developer|god|jailbreak|unrestricted) mode (?:and|for yourself|to answer)`,
    ],
    notable: [
      pattern`\b(?:jailbreak|jailbroken|developer mode enabled)\b`,
      pattern`${ORDER}(?:decode|decrypt|deobfuscate) ${FILL}(?:\w+ ){0,3}(?:base64|rot13|hex|string|text|message) ${FILL}(?:follow|execute|obey|run|do)\b`,
    ],
  },
];

export type InjectionKind = 'OVERRIDE' | 'REVEAL_PROMPT' | 'REVEAL_SECRETS' | 'FORGED_ROLE' | 'JAILBREAK';

export interface InjectionRule {
  kind: InjectionKind;
  /** Human-readable description. The matched words are appended to it. */
  what: string;
  severe: readonly RegExp[];
  notable: readonly RegExp[];
}
