import { describe, expect, it } from 'vitest';
import { addAct, failActs, outcomeText, reasonProblem, settleAct } from './acts.ts';

describe('what is done to a session', () => {
  const asked = addAct(addAct([], '7', { type: 'ping' }), '7', { type: 'close', code: 4000, reason: '' });

  it('is numbered, so that each answer finds its question', () => {
    expect(asked.map(({ number }) => number)).toEqual([1, 2]);
    const answered = settleAct(settleAct(asked, 1, undefined), 2, 'it is closed already');
    expect(answered.map(outcomeText)).toEqual(['ping sent', 'closing with 4000 failed: it is closed already']);
  });

  it('fails when the connection is lost before an answer', () => {
    const lost = failActs(settleAct(asked, 1, undefined), 'no answer came');
    expect(asked.map(outcomeText)).toEqual(['sending a ping …', 'closing with 4000 …']);
    expect(lost.map(outcomeText)).toEqual(['ping sent', 'closing with 4000 failed: no answer came']);
  });

  it('closes with a reason that fits into a close frame (RFC 6455 §5.5)', () => {
    expect(reasonProblem('é'.repeat(61))).toBe('');
    expect(reasonProblem('é'.repeat(62))).toContain('124');
  });
});
