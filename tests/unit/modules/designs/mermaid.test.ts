import { describe, expect, it } from 'vitest';
import { designSchema } from '../../../../src/modules/designs/design.ts';
import { flowchart } from '../../../../src/modules/designs/mermaid.ts';

describe('flowchart', () => {
  it('draws each step in the shape of its agent, and an edge for each dependency', () => {
    const design = designSchema.parse({
      steps: [
        { key: 'analyze', agent: 'ANALYZER', title: 'Split' },
        { key: 'collect', agent: 'COLLECTOR', title: 'Collect', dependsOn: ['analyze'] },
        {
          key: 'check',
          agent: 'VALIDATOR',
          title: 'Check',
          dependsOn: ['collect'],
          approval: { timing: 'AFTER_STEP' },
        },
        { key: 'extra', agent: 'CUSTOM', title: 'Extra', dependsOn: ['collect'] },
        { key: 'merge', agent: 'SYNTHESIZER', title: 'Merge', dependsOn: ['check', 'extra'] },
        { key: 'end', agent: 'REPORTER', title: 'Report', dependsOn: ['merge'], approval: {} },
      ],
    });
    expect(flowchart(design)).toBe(
      [
        'flowchart TD',
        '  s0{{"Split"}}',
        '  s1[("Collect")]',
        '  s2{"Check ✋"}',
        '  s3["Extra"]',
        '  s4[["Merge"]]',
        '  s5(["✋ Report"])',
        '  s0 --> s1',
        '  s1 --> s2',
        '  s1 --> s3',
        '  s2 --> s4',
        '  s3 --> s4',
        '  s4 --> s5',
        '  classDef approval stroke-dasharray:5 5',
        '  class s2,s5 approval',
      ].join('\n'),
    );
  });

  it.each([
    'He said "stop"]; click s0 "javascript:alert(1)"',
    '<script>alert(1)</script>',
    '`**bold**` #quot; &amp;',
    'two\nlines\r\n\u2028and more',
    '한국어 제목 🚀',
  ])('keeps the title %j inside its label', (title) => {
    const design = designSchema.parse({ steps: [{ key: 'one', agent: 'CUSTOM', title, prompt: 'Do it.' }] });
    const lines = flowchart(design).split('\n');
    expect(lines).toHaveLength(2);
    expect(lines[1]).toMatch(/^ {2}s0\["[^"<>&`\\\u2028\r]*"\]$/u);
    const read = lines[1]!
      .slice(6, -2)
      .replace(/#(\d+);/g, (_, code: string) => String.fromCharCode(Number(code)));
    expect(read).toBe(title.replace(/\s+/gu, ' '));
  });
});
