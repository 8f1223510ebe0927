/**
 * Extracts the title and the plain text of an HTML page, in one pass and linear time: without tags, comments, scripts,
 * styles and images, one line per block, entities decoded. Does not run scripts, does not apply styles (hidden text is
 * included), and does not separate the article from the navigation.
 *
 * @example htmlText('<title>A</title><p>x &lt; y</p>') // { title: 'A', text: 'x < y' }
 */
export function htmlText(html: string): { title: string | null; text: string } {
  const parts: string[] = [];
  let title: string | null = null;
  let position = 0;
  while (position < html.length) {
    MARKUP.lastIndex = position;
    const markup = MARKUP.exec(html);
    parts.push(plain(html.slice(position, markup?.index)));
    if (!markup) break;
    const name = markup[1]?.toLowerCase() ?? '';
    const contentStart = endOf(html, markup[0] === '<!--' ? '-->' : '>', MARKUP.lastIndex);
    position = contentStart;
    if (WITHOUT_TEXT.has(name)) {
      const contentEnd = startOfClosing(html, name, contentStart);
      position = endOf(html, '>', contentEnd);
      if (name === 'title') title ??= plain(html.slice(contentStart, contentEnd)).trim();
    } else if (BLOCKS.has(name.replace('/', ''))) {
      parts.push('\n');
    }
  }
  return { title: title || null, text: tidy(parts.join('')) };
}

function plain(text: string): string {
  return text.replace(/\s+/g, ' ').replace(ENTITY, (entity, name: string) => decodeEntity(name) ?? entity);
}

function tidy(text: string): string {
  return text
    .replace(/[^\S\n]+/g, ' ')
    .replace(/ ?\n[\n ]*/g, '\n')
    .trim();
}

/** The position after the next `mark`, or the end of the page. */
function endOf(html: string, mark: string, from: number): number {
  const start = html.indexOf(mark, from);
  return start < 0 ? html.length : start + mark.length;
}

function startOfClosing(html: string, name: string, from: number): number {
  const closing = new RegExp(`</${name}(?![a-z0-9-])`, 'gi');
  closing.lastIndex = from;
  return closing.exec(html)?.index ?? html.length;
}

function decodeEntity(name: string): string | undefined {
  if (!name.startsWith('#')) return NAMED.get(name);
  const hex = /^#x/i.test(name);
  const code = Number.parseInt(name.slice(hex ? 2 : 1), hex ? 16 : 10);
  if (code >= 0x80 && code <= 0x9f) return WINDOWS_1252.decode(Uint8Array.of(code));
  return code > 0 && code <= 0x10ffff && (code < 0xd800 || code > 0xdfff)
    ? String.fromCodePoint(code)
    : '\uFFFD';
}

/** A comment, a declaration, or the start of a tag with its name; the name of a closing tag starts with `/`. */
const MARKUP = /<!--|<[!?]|<(\/?[a-z][a-z0-9-]*)/gi;

const WITHOUT_TEXT: ReadonlySet<string> = new Set(
  'script style noscript template svg math iframe object title'.split(' '),
);
const BLOCKS: ReadonlySet<string> = new Set(
  `address article aside blockquote br caption dd details div dl dt fieldset figcaption figure footer form h1 h2 h3 h4
   h5 h6 header hr li main nav ol option p pre section summary table tbody td th thead tr ul`.split(/\s+/),
);

const ENTITY = /&(#x[0-9a-f]{1,6}|#[0-9]{1,7}|[a-z][a-z0-9]{1,30});/gi;

/** The characters from U+00A0 to U+00FF, in order. */
const LATIN_1 = `
  nbsp iexcl cent pound curren yen brvbar sect uml copy ordf laquo not shy reg macr
  deg plusmn sup2 sup3 acute micro para middot cedil sup1 ordm raquo frac14 frac12 frac34 iquest
  Agrave Aacute Acirc Atilde Auml Aring AElig Ccedil Egrave Eacute Ecirc Euml Igrave Iacute Icirc Iuml
  ETH Ntilde Ograve Oacute Ocirc Otilde Ouml times Oslash Ugrave Uacute Ucirc Uuml Yacute THORN szlig
  agrave aacute acirc atilde auml aring aelig ccedil egrave eacute ecirc euml igrave iacute icirc iuml
  eth ntilde ograve oacute ocirc otilde ouml divide oslash ugrave uacute ucirc uuml yacute thorn yuml`;

const NAMED: ReadonlyMap<string, string> = new Map([
  ...LATIN_1.trim()
    .split(/\s+/)
    .map((name, index): [string, string] => [name, String.fromCharCode(0xa0 + index)]),
  ...Object.entries({ amp: '&', lt: '<', gt: '>', quot: '"', apos: "'", euro: '€', trade: '™', bull: '•' }),
  ...Object.entries({
    ndash: '–',
    mdash: '—',
    lsquo: '‘',
    rsquo: '’',
    sbquo: '‚',
    ldquo: '“',
    rdquo: '”',
    bdquo: '„',
  }),
  ...Object.entries({ hellip: '…', prime: '′', larr: '←', rarr: '→', le: '≤', ge: '≥', ne: '≠', minus: '−' }),
]);

/** Browsers decode the character references 128 to 159 as Windows-1252. */
const WINDOWS_1252 = new TextDecoder('windows-1252');
