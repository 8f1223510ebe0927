import { describe, expect, it } from 'vitest';
import { AGENT_KIND_NAMES, type AgentKind } from '../../../../src/modules/designs/agent-kinds.ts';
import type { AgentTask } from '../../../../src/modules/pipelines/agents/agent.ts';
import { agentOf } from '../../../../src/modules/pipelines/agents/agents.ts';
import { agentScript } from '../../../../src/offline/agents/script.ts';
import { ENGLISH } from '../../../../src/offline/words/en/english.ts';
import { makeTask } from '../../../support/agent-task.ts';

const KINDS = AGENT_KIND_NAMES;

const PLAIN = [
  'Compare the three biggest e-bike makers in Europe by price and service, and write a report for our board.',
  'What are the risks of moving our Postgres to Kubernetes?',
  '국내 전기차 충전 사업자 세 곳을 비교해 담당자용 보고서를 만들어 주세요.',
  'I need a weekly report about GPU prices for our procurement team',
];

const ODD = [
  '',
  ' \n\t ',
  '?',
  '42',
  '🙂🙂🙂',
  'ok',
  'a'.repeat(20_000),
  'word '.repeat(4_000),
  '가'.repeat(20_000),
  '가나다 '.repeat(5_000),
  '日本のEV市場を調べて',
  'اكتب تقريرا عن أسعار القمح',
  'Напиши отчёт о рынке зерна',
  '| a | b |\n| --- | --- |\n| 1 | 2 |',
  '# Heading\n\n- one\n- two\n\n```js\nalert(1)\n```',
  '<script>alert(1)</script><img src=x onerror=alert(1)>',
  '![x](https://evil.example/?q=1) [y](javascript:alert(1))',
  'https://example.com/a https://example.com/b',
  '“”‘’«»„“',
  '[collect-1] [1] [step-9] **bold** _it_ ~~no~~',
  '...!!!???---///',
  'the of and for to in on',
  'Please please please help me',
  'e\u0301\u0301\u0301 \uFEFF\u200B',
  '${subject} {{x}} %s \\n \\u0000',
  'null',
  '한',
  'and then write a report, and then write another report, and then stop',
];

const REQUESTS = [
  ...PLAIN,
  ...ODD,
  ...ODD.map((odd) => `Compare ${odd} with ${odd}`),
  ...ODD.map((odd) => `${odd}을 분석해 주세요. ${odd}`),
  ...ODD.slice(0, 16).map((odd) => `${odd}\n\n${odd} — ${odd}`),
];

describe('agentScript', () => {
  it(`answers ${REQUESTS.length} requests as every agent, the same each time, in clean Markdown`, () => {
    expect(REQUESTS.length).toBeGreaterThan(100);
    for (const request of REQUESTS) {
      for (const kind of KINDS) {
        const text = answer(request, kind);
        expect(answer(request, kind)).toBe(text);
        expect(text.length).toBeGreaterThan(100);
        expect(text.length).toBeLessThan(8_000);
        expect(text).not.toMatch(/undefined|NaN|<script|<img|!\[|\]\(|javascript:|``/);
        for (const row of text.split('\n').filter((line) => line.startsWith('|'))) {
          expect(row.split('|')).toHaveLength(5);
        }
      }
    }
  });

  it.each(PLAIN)('writes a report of 250 to 400 words, with all its parts: %s', (request) => {
    const { report } = run(request);
    expect(words(report)).toBeGreaterThanOrEqual(250);
    expect(words(report)).toBeLessThanOrEqual(400);
    expect(report).toMatch(/^# /);
    expect(report.match(/^## /gm)!.length).toBe(5);
    expect(report).toMatch(/^\| --- \|/m);
    expect(report).toContain('[1]');
    expect(report.match(/OFFLINE/g)).toHaveLength(1);
  });

  it.each(REQUESTS.filter((request) => request.length < 1_000))(
    'keeps a report within bounds for %j',
    (request) => {
      expect(words(run(request).report)).toBeGreaterThanOrEqual(200);
      expect(words(run(request).report)).toBeLessThanOrEqual(400);
    },
  );

  it('is about what was asked', () => {
    expect(answer(PLAIN[0]!, 'ANALYZER')).toContain('the three biggest e-bike makers in Europe');
    expect(answer(PLAIN[1]!, 'REPORTER')).toMatch(/^# .*the risks of moving our Postgres to Kubernetes$/m);
    expect(answer(PLAIN[3]!, 'SYNTHESIZER')).toContain('GPU prices');
  });

  it('writes Korean for a Korean request', () => {
    expect(answer(PLAIN[2]!, 'REPORTER')).toMatch(/^# 국내 전기차 충전 사업자 세 곳: /);
    for (const kind of KINDS) expect(answer(PLAIN[2]!, kind)).not.toMatch(/\b(?:the|and|of)\b/);
  });

  it('writes something else for another step, another prompt and another request', () => {
    const kinds = KINDS.filter((kind) => kind in ENGLISH.agents.texts);
    expect(kinds.length).toBeGreaterThan(4);
    const texts = kinds.flatMap((kind) => [
      answer(PLAIN[0]!, kind),
      answer(PLAIN[0]!, kind, { title: 'Collect the delivery times' }),
      answer(PLAIN[0]!, kind, { prompt: 'List what matters to a small shop.' }),
      answer(PLAIN[1]!, kind),
    ]);
    expect(new Set(texts).size).toBe(texts.length);
  });

  it('builds on what the steps before wrote, and names what was skipped', () => {
    const inputs: AgentTask['inputs'] = [
      {
        key: 'collect',
        title: 'Collect',
        agent: 'COLLECTOR',
        output: '- Hubs in Ghent charge 40 percent more [collect-2]',
      },
      { key: 'check', title: 'Check the delivery times', agent: 'VALIDATOR', output: null },
    ];
    for (const kind of ['VALIDATOR', 'SYNTHESIZER', 'REPORTER', 'CUSTOM'] as const) {
      expect(script(makeTask({ step: { agent: kind }, inputs }))).toContain(
        'Hubs in Ghent charge 40 percent more',
      );
    }
    for (const kind of ['VALIDATOR', 'SYNTHESIZER', 'REPORTER'] as const) {
      expect(script(makeTask({ step: { agent: kind }, inputs }))).toContain('“Check the delivery times”');
    }
  });

  it('answers remarks, so that a text that was sent back is another one', () => {
    const said = (text: string) =>
      script(makeTask({ remarks: [{ stepKey: 'collect', decision: 'REVISE', text }], draft: 'Old.' }));
    expect(said('Leave the **table** out.\n| a |')).toContain('- Leave the **table** out. | a |');
    expect(said('Shorter.')).not.toBe(said('Longer.'));
  });

  it('carries the sources from the collector through to the report, numbered anew', () => {
    const { collected, report } = run(PLAIN[0]!);
    expect(collected).toContain('- [collect-1] ');
    expect(report).toMatch(/^- \[1\] .*\(offline sample, no URL\)$/m);
    expect(report).not.toMatch(/\[collect-\d\]/);
  });

  it('says of its samples that they are samples, and quotes the pages that it was given', () => {
    const page = {
      title: 'Bikes',
      url: 'https://a.example/',
      text: 'Sales rose by a third.',
      error: null,
      findings: [],
    };
    const lost = { title: null, url: 'https://b.example/', text: null, error: 'Status 404.', findings: [] };
    expect(script(makeTask({ collected: [lost] }))).toMatch(
      /offline sample data[^]*Not read: https:\/\/b\.example\/: Status 404\./,
    );
    const read = script(makeTask({ collected: [page, lost] }));
    expect(read).toContain('- [collect-1] Bikes, https://a.example/');
    expect(read).toContain('- [collect-2] https://b.example/ (not read: Status 404.)');
    expect(read).toContain('Sales rose by a third [collect-1]');
    expect(read).not.toContain('sample');
  });

  it('follows the verb of a custom prompt', () => {
    const custom = (prompt: string) => answer(PLAIN[0]!, 'CUSTOM', { prompt });
    expect(custom('Summarise it in one line')).toContain('The essence, as asked: “Summarise it in one line”');
    expect(custom('Translate it to French')).toContain('cannot translate');
    expect(custom('위 내용을 요약하세요')).not.toBe(custom('Summarise it'));
  });

  it('leaves what is not an agent’s to others', () => {
    expect(
      agentScript({ ...request(makeTask()), task: { name: 'discussion.reply', metadata: {} } }),
    ).toBeUndefined();
    expect(
      agentScript({ ...request(makeTask()), task: { name: 'agent.unknown', metadata: {} } }),
    ).toBeUndefined();
  });
});

/** A collector, a synthesizer and a reporter in a row. */
function run(request: string) {
  const collected = script(
    makeTask({ request, step: { key: 'collect', title: 'Collect prices and terms' } }),
  );
  const before = (key: string, agent: AgentKind, output: string) => [{ key, title: 'Before', agent, output }];
  const merged = script(
    makeTask({
      request,
      step: { key: 'merge', agent: 'SYNTHESIZER' },
      inputs: before('collect', 'COLLECTOR', collected),
    }),
  );
  const report = script(
    makeTask({
      request,
      step: { key: 'report', agent: 'REPORTER', prompt: `Write the report on ${request.slice(0, 200)}.` },
      inputs: before('merge', 'SYNTHESIZER', merged),
    }),
  );
  return { collected, report };
}

function answer(request: string, agent: AgentKind, step: Partial<AgentTask['step']> = {}): string {
  return script(makeTask({ request, step: { agent, ...step } }));
}

function script(task: AgentTask): string {
  return agentScript(request(task))!;
}

function request(task: AgentTask) {
  return { ...agentOf(task.step.agent).buildRequest(task), model: 'offline', maxOutputTokens: 2_000 };
}

function words(text: string): number {
  return text.match(/\S*[\p{L}\p{N}]\S*/gu)!.length;
}
