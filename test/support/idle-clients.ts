/**
 * Clients that say nothing, many of them, in a process of their own: `node idle-clients.ts PORT COUNT BYTES`. Says
 * `open` when all are, and `heard` when each of them has received so many bytes; ends when its input does.
 */
import { connect } from 'node:net';
import { upgradeRequest } from './raw-client.ts';

const [port = 0, count = 0, bytes = 0] = process.argv.slice(2).map(Number);
const atOnce = 200;
const request = upgradeRequest();
let begun = 0;
let open = 0;
let heard = 0;

function begin(): void {
  if (begun === count) return;
  begun++;
  const socket = connect({ port, host: '127.0.0.1' }, () => socket.write(request));
  let answer = '';
  let received = -1;
  socket.on('data', (data: Buffer) => {
    if (received >= 0) received += data.length;
    else {
      answer += data.toString('latin1');
      const end = answer.indexOf('\r\n\r\n');
      if (end === -1) return;
      if (!answer.startsWith('HTTP/1.1 101 ')) throw new Error(`no WebSocket: ${answer}`);
      received = answer.length - end - 4;
      if (++open === count) console.log('open');
      begin();
    }
    if (received === bytes && ++heard === count) console.log('heard');
  });
  socket.on('close', () => {
    throw new Error(`a connection has ended after ${received} bytes`);
  });
}

for (let i = 0; i < atOnce; i++) begin();
process.stdin.on('end', () => process.exit(0)).resume();
