import type { Signal } from '@preact/signals';
import { useEffect, useRef } from 'preact/hooks';

const keys: readonly (readonly [keys: readonly string[], what: string])[] = [
  [['1', '2', '3', '4'], 'Sessions, one session, tree, runtime'],
  [['/'], 'Filter'],
  [['j', 'k'], 'Down and up in the table, also with arrows'],
  [['Enter'], 'Open the session'],
  [['Esc'], 'Back'],
  [['?'], 'These keys'],
];

/** Which keys there are. */
export function KeyHelp({ open }: { readonly open: Signal<boolean> }) {
  const dialog = useRef<HTMLDialogElement>(null);
  const shown = open.value;
  useEffect(() => {
    if (shown) dialog.current?.showModal();
  }, [shown]);
  const closed = () => {
    open.value = false;
  };
  return (
    <dialog class="help" ref={dialog} onClose={closed} aria-labelledby="help-title">
      <form method="dialog">
        <h2 id="help-title">Keys</h2>
        <dl>
          {keys.map(([names, what]) => (
            <div key={what}>
              <dt>
                {names.map((name) => (
                  <kbd key={name}>{name}</kbd>
                ))}
              </dt>
              <dd>{what}</dd>
            </div>
          ))}
        </dl>
        <button type="submit" class="button">
          Close
        </button>
      </form>
    </dialog>
  );
}
