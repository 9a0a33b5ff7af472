import type { SessionRow } from '../../../src/protocol.ts';
import { formatBytes, formatDuration, formatExact } from '../../text/format.ts';
import { visibleText } from '../../text/visible-text.ts';
import { usePage } from '../page-context.ts';
import { Visible } from '../visible.tsx';

interface Fact {
  readonly name: string;
  readonly text: string | undefined;
  /** It may be long. */
  readonly wide?: boolean;
}

/** What is known of a session without asking it. */
export function Facts({ row }: { readonly row: SessionRow }) {
  const { inspection } = usePage();
  const ended = inspection.watched.value?.ended ?? false;
  const facts: readonly Fact[] = [
    { name: 'Path', text: row.path, wide: true },
    { name: 'Subprotocol', text: row.subprotocol, wide: true },
    { name: 'Groups', text: row.groups.join(', ') || undefined, wide: true },
    { name: 'Handler', text: row.handler },
    { name: 'Server', text: row.server },
    { name: 'Via', text: row.transport },
    { name: 'Deflate', text: row.compressed ? 'yes' : 'no' },
    { name: 'Msgs in', text: formatExact(row.messagesIn) },
    { name: 'Msgs out', text: formatExact(row.messagesOut) },
    { name: 'Bytes in', text: formatBytes(row.bytesIn) },
    { name: 'Bytes out', text: formatBytes(row.bytesOut) },
    { name: 'Mailbox', text: formatExact(row.mailbox) },
    { name: 'Buffered', text: formatBytes(row.buffered) },
    { name: 'Memory', text: formatBytes(row.memory) },
    ...(ended ? [] : [{ name: 'Up', text: formatDuration(inspection.now.value - row.since) }]),
  ];
  return (
    <dl class="facts" data-testid="facts">
      {facts.map(({ name, text, wide = false }) => (
        <div key={name} data-wide={wide}>
          <dt>{name}</dt>
          <dd title={text === undefined ? undefined : visibleText(text)}>
            {text === undefined ? <span class="quiet">none</span> : <Visible text={text} />}
          </dd>
        </div>
      ))}
    </dl>
  );
}
