import { useSignal } from '@preact/signals';
import type { TargetedSubmitEvent } from 'preact';
import { useEffect, useRef } from 'preact/hooks';
import type { Action } from '../../../src/protocol.ts';
import { outcomeText } from '../../session/acts.ts';
import { usePage } from '../page-context.ts';
import { Visible } from '../visible.tsx';
import { CloseForm } from './close-form.tsx';

/** What can be done to the session, and how it went. */
export function Actions() {
  const { inspection, connection } = usePage();
  const asking = useSignal<'close' | 'kill' | undefined>(undefined);
  const text = useSignal('');
  const watched = inspection.watched.value;
  if (watched === undefined) return null;
  const { id, row, ended } = watched;
  const disabled = ended || connection.state.value.type !== 'live';
  const suspended = row?.suspended ?? false;
  const act = (action: Action) => {
    asking.value = undefined;
    inspection.act(id, action);
  };
  const send = (event: TargetedSubmitEvent<HTMLFormElement>) => {
    event.preventDefault();
    act({ type: 'text', data: text.value });
    text.value = '';
  };
  return (
    <div class="actions">
      <form class="send" onSubmit={send}>
        <input
          type="text"
          aria-label="Text to send"
          placeholder="Send a text to the peer"
          data-testid="send-text"
          value={text.value}
          disabled={disabled}
          autocomplete="off"
          onInput={({ currentTarget }) => {
            text.value = currentTarget.value;
          }}
        />
        <button type="submit" class="button" data-testid="send" disabled={disabled}>
          Send
        </button>
      </form>
      <fieldset class="buttons" disabled={disabled}>
        <legend class="unseen">Actions</legend>
        <button type="button" class="button" data-testid="ping" onClick={() => act({ type: 'ping' })}>
          Ping
        </button>
        <button
          type="button"
          class="button"
          data-testid={suspended ? 'resume' : 'suspend'}
          onClick={() => act({ type: suspended ? 'resume' : 'suspend' })}
        >
          {suspended ? 'Resume' : 'Suspend'}
        </button>
        <button
          type="button"
          class="button"
          data-testid="close"
          aria-expanded={asking.value === 'close'}
          onClick={() => {
            asking.value = asking.value === 'close' ? undefined : 'close';
          }}
        >
          Close …
        </button>
        <button
          type="button"
          class="button alarm"
          data-testid="kill"
          aria-expanded={asking.value === 'kill'}
          onClick={() => {
            asking.value = asking.value === 'kill' ? undefined : 'kill';
          }}
        >
          Kill …
        </button>
      </fieldset>
      {asking.value === 'close' && !disabled && <CloseForm onClose={act} />}
      {asking.value === 'kill' && !disabled && (
        <KillQuestion
          onKill={() => act({ type: 'kill' })}
          onKeep={() => {
            asking.value = undefined;
          }}
        />
      )}
      <Outcome />
    </div>
  );
}

function KillQuestion({ onKill, onKeep }: { readonly onKill: () => void; readonly onKeep: () => void }) {
  const keep = useRef<HTMLButtonElement>(null);
  useEffect(() => keep.current?.focus(), []);
  return (
    <div class="question" role="alertdialog" aria-label="End this session now?">
      <span>End this session now?</span>
      <button type="button" class="button alarm" data-testid="kill-confirm" onClick={onKill}>
        Kill it
      </button>
      <button type="button" class="button" ref={keep} onClick={onKeep}>
        Let it live
      </button>
    </div>
  );
}

/** How the last thing went that was done to this session. */
function Outcome() {
  const { inspection } = usePage();
  const id = inspection.watched.value?.id;
  const act = inspection.acts.value.findLast(({ session }) => session === id);
  return (
    <p class="outcome" role="status" data-testid="outcome" data-outcome={act?.outcome.type}>
      {act !== undefined && <Visible text={outcomeText(act)} />}
    </p>
  );
}
