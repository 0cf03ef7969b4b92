// Starts Swagger UI with the document that the page names.
/* global SwaggerUIBundle */

const container = document.getElementById('swagger-ui');

/**
 * The document names the public address; whoever came by another one, such as 127.0.0.1, gets the token from the server that is at
 * hand. The token is for the API that this page is about (RFC 8707), whatever the client's default is.
 */
function askHere(request) {
  const url = new URL(request.url, location.href);
  const isTokenRequest = url.pathname === '/oauth2/token' && String(request.method).toUpperCase() === 'POST';
  if (!isTokenRequest || typeof request.body !== 'string') return request;
  request.url = `${location.origin}${url.pathname}${url.search}`;
  request.body += `&resource=${encodeURIComponent(container.dataset.resource)}`;
  return request;
}

SwaggerUIBundle({
  domNode: container,
  url: container.dataset.spec,
  presets: [SwaggerUIBundle.presets.apis],
  layout: 'BaseLayout',
  deepLinking: true,
  displayRequestDuration: true,
  docExpansion: container.dataset.expansion,
  defaultModelsExpandDepth: 0,
  tryItOutEnabled: true,
  // Tokens and secrets that were typed in are gone when the page is closed.
  persistAuthorization: false,
  validatorUrl: null,
  requestInterceptor: askHere,
});

// The dialog opens with the cursor in its last field, scrolled down to it; what most people come for stands at the top.
let dialog = null;
new MutationObserver(() => {
  const shown = container.querySelector('.dialog-ux');
  if (shown && !dialog) shown.querySelector('input[data-name="clientId"]')?.focus();
  dialog = shown;
}).observe(container, { childList: true, subtree: true });
