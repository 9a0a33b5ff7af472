/** A message from one actor to another, as it lies in the receiver's mailbox. */
export interface InfoEvent<Message = unknown> {
  readonly type: 'info';
  readonly message: Message;
}

/** An actor that takes messages: sessions, and any xstate actor with an `info` event. */
export interface Recipient<Message> {
  send(event: InfoEvent<Message>): void;
}

/**
 * Put a message into an actor's mailbox: Erlang's `Pid ! Message`. Returns at once; a message to an actor that has
 * ended is dropped. The same as `actor.send({ type: 'info', message })`.
 */
export function tell<Message>(recipient: Recipient<Message>, message: Message): void {
  recipient.send({ type: 'info', message });
}
