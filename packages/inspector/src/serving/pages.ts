import type { IncomingMessage, RequestListener, ServerResponse } from 'node:http';
import { type Access, cookieName } from './access.ts';
import { type Asset, loadAssets } from './assets.ts';
import { loginPage, loginScript } from './login.ts';

/** Nothing from elsewhere, nothing inline, in no frame. */
const security: Readonly<Record<string, string>> = {
  'Content-Security-Policy':
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; " +
    "base-uri 'none'; form-action 'self'; frame-ancestors 'none'",
  'X-Content-Type-Options': 'nosniff',
  'Referrer-Policy': 'same-origin', // with none at all, browsers send forms with a foreign origin
  'Cross-Origin-Resource-Policy': 'same-origin',
  'Cache-Control': 'no-store',
};

/** Most bytes of a form. */
const maxForm = 4096;

/** Serves the page below a path to who may have it. */
export class Pages {
  readonly #path: string;
  readonly #access: Access;
  readonly #assets: ReadonlyMap<string, Asset> = loadAssets();

  /** @param path without a slash at its end */
  constructor(path: string, access: Access) {
    this.#path = path;
    this.#access = access;
  }

  /** Whether a request is for the page. */
  isAt({ url = '/' }: IncomingMessage): boolean {
    const path = pathOf(url);
    return path === this.#path || path.startsWith(`${this.#path}/`);
  }

  readonly serve: RequestListener = (request, response) => {
    const { headers, socket, method = 'GET', url = '/' } = request;
    const decision = this.#access.decide({ headers, address: socket.remoteAddress });
    const name = pathOf(url).slice(this.#path.length + 1);
    if (decision === 'foreign') plain(response, 403, 'The inspector is for this machine, and for its own page.\n');
    else if (method === 'POST' && name === 'token') void this.#login(request, response);
    else if (method !== 'GET' && method !== 'HEAD') plain(response, 405, 'Nothing can be sent here.\n');
    else if (pathOf(url) === this.#path) redirect(response, `${this.#path}/`);
    else if (decision === 'welcome') this.#give(name === '' ? 'index.html' : name, response);
    else if (name === 'login.js') send(response, 200, { type: 'text/javascript; charset=utf-8', content: loginScript });
    else send(response, 401, { type: 'text/html; charset=utf-8', content: loginPage });
  };

  #give(name: string, response: ServerResponse): void {
    const asset = this.#assets.get(name);
    if (asset === undefined) plain(response, 404, 'There is no such file.\n');
    else send(response, 200, asset);
  }

  async #login(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const stamp = this.#access.admit((await formOf(request)).get('token') ?? '');
    if (stamp === undefined) return send(response, 401, { type: 'text/html; charset=utf-8', content: loginPage });
    const secure = 'encrypted' in request.socket ? '; Secure' : '';
    response.setHeader('Set-Cookie', `${cookieName}=${stamp}; HttpOnly; SameSite=Strict; Path=${this.#path}${secure}`);
    redirect(response, `${this.#path}/`);
  }
}

const pathOf = (url: string): string => url.split('?', 1)[0] ?? url;

async function formOf(request: IncomingMessage): Promise<URLSearchParams> {
  let form = '';
  try {
    for await (const chunk of request.setEncoding('utf8')) {
      form += chunk;
      if (form.length > maxForm) return new URLSearchParams();
    }
  } catch {
    return new URLSearchParams(); // whoever sent it has gone
  }
  return new URLSearchParams(form);
}

function send(
  response: ServerResponse,
  status: number,
  { type, content }: { type: string; content: string | Buffer },
): void {
  response.writeHead(status, { ...security, 'Content-Type': type }).end(content);
}

const plain = (response: ServerResponse, status: number, content: string): void =>
  send(response, status, { type: 'text/plain; charset=utf-8', content });

const redirect = (response: ServerResponse, to: string): void =>
  void response.writeHead(303, { ...security, Location: to }).end();
