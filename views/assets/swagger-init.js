// Starts Swagger UI with the document that the page names.
/* global SwaggerUIBundle */

const container = document.getElementById('swagger-ui');

SwaggerUIBundle({
  domNode: container,
  url: container.dataset.spec,
  presets: [SwaggerUIBundle.presets.apis],
  layout: 'BaseLayout',
  deepLinking: true,
  displayRequestDuration: true,
  docExpansion: 'list',
  defaultModelsExpandDepth: 0,
  tryItOutEnabled: true,
  // Tokens and secrets that were typed in are gone when the page is closed.
  persistAuthorization: false,
  validatorUrl: null,
});
