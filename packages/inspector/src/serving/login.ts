/** Asks for the token, and for nothing else: no part of the inspector is in it. */
export const loginPage = `<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>Inspector: token</title>
<form method="post" action="token">
<label>Token <input name="token" type="password" autocomplete="current-password" required autofocus></label>
<button>Open</button>
</form>
<script src="login.js"></script>
`;

/** A token behind the # of the address never reaches the server's log: it is sent as the form would. */
export const loginScript = `const token = new URLSearchParams(location.hash.slice(1)).get('token');
if (token !== null) {
  history.replaceState(null, '', location.pathname);
  const form = document.querySelector('form');
  form.elements.namedItem('token').value = token;
  form.submit();
}
`;
