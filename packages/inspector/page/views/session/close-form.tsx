import type { TargetedInputEvent, TargetedSubmitEvent } from 'preact';
import type { Action } from '../../../src/protocol.ts';
import { reasonProblem } from '../../session/acts.ts';

/** Codes that a close frame may hold (RFC 6455 §7.4), for whoever does not know them by heart. */
const codes: readonly (readonly [code: number, meaning: string])[] = [
  [1000, 'normal'],
  [1001, 'going away'],
  [1008, 'policy'],
  [1011, 'internal error'],
  [1012, 'restart'],
  [1013, 'try again later'],
  [4000, 'the application’s own'],
];

/** Asks for the code and the reason of a close frame. */
export function CloseForm({ onClose }: { readonly onClose: (action: Action) => void }) {
  const submit = (event: TargetedSubmitEvent<HTMLFormElement>) => {
    event.preventDefault();
    const form = new FormData(event.currentTarget);
    onClose({ type: 'close', code: Number(form.get('code')), reason: String(form.get('reason') ?? '') });
  };
  const check = ({ currentTarget }: TargetedInputEvent<HTMLInputElement>) =>
    currentTarget.setCustomValidity(reasonProblem(currentTarget.value));
  return (
    <form class="question" onSubmit={submit} data-testid="close-form">
      <label>
        <span>Code</span>
        <input
          name="code"
          type="number"
          class="code"
          data-testid="close-code"
          min={1000}
          max={4999}
          required
          defaultValue="1000"
          list="close-codes"
        />
      </label>
      <datalist id="close-codes">
        {codes.map(([code, meaning]) => (
          <option key={code} value={code}>
            {meaning}
          </option>
        ))}
      </datalist>
      <label class="wide">
        <span>Reason</span>
        <input name="reason" type="text" data-testid="close-reason" autocomplete="off" onInput={check} />
      </label>
      <button type="submit" class="button" data-testid="close-confirm">
        Close it
      </button>
    </form>
  );
}
