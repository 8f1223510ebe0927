import { describe, expect, it } from 'vitest';
import { htmlText } from '../../../../src/core/safe-fetch/html-text.ts';

describe('htmlText', () => {
  it('returns the title and one line per block', () => {
    const page = `<!doctype html><html><head><title> Bikes &amp; more\n</title><style>p { color: red }</style></head>
      <body class="a"><h1>Electric bikes</h1><p>They sold <b>well</b> in
      2024.<br/>Very well.</p><ul><li>One</li><li>Two</li></ul><!-- <p>no</p> --></body></html>`;
    expect(htmlText(page)).toEqual({
      title: 'Bikes & more',
      text: 'Electric bikes\nThey sold well in 2024.\nVery well.\nOne\nTwo',
    });
  });

  it.each(['script', 'SCRIPT', 'style', 'noscript', 'template', 'svg', 'iframe'])(
    'drops the content of %s',
    (name) => {
      expect(htmlText(`a<${name} x="1">b <p>c</p> </${name.toLowerCase()}>d`).text).toBe('ad');
    },
  );

  it.each([
    ['&lt;b&gt; &quot;x&quot; &apos;y&apos;', `<b> "x" 'y'`],
    ['caf&eacute; &Uuml;ber 1&nbsp;000&nbsp;&euro;', 'café Über 1 000 €'],
    ['&#65;&#x42;&#x1F600;&#146;', 'AB😀’'],
    ['&#0;&#xD800;&#x110000;', '\uFFFD\uFFFD\uFFFD'],
    ['AT&T &unknown; &amp;lt;', 'AT&T &unknown; &lt;'],
  ])('decodes the entities of %s', (html, text) => {
    expect(htmlText(html).text).toBe(text);
  });

  it.each([
    ['a < b and c > d', 'a < b and c > d'],
    ['x<script>never closed', 'x'],
    ['x<!-- never closed', 'x'],
    ['x<p never closed', 'x'],
    ['plain text', 'plain text'],
    ['', ''],
  ])('extracts readable text from malformed %j', (html, text) => {
    expect(htmlText(html)).toEqual({ title: null, text });
  });

  it.each(['<', '<p', '<!--', '<script', '<script>', '</', '<title>', '&amp', '<p><b>', ' \n'])(
    'takes linear time for a million characters of %j',
    (piece) => {
      expect(htmlText(piece.repeat(1_000_000 / piece.length))).toHaveProperty('text');
    },
  );
});
