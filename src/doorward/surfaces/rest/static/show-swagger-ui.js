// Starts Swagger UI on /docs. A file of its own, because the page's policy allows no script inside the page.
"use strict";

const dark = window.matchMedia("(prefers-color-scheme: dark)");
const followSystem = () => document.documentElement.classList.toggle("dark-mode", dark.matches);
dark.addEventListener("change", followSystem);
followSystem();

const place = document.getElementById("documentation");
place.replaceChildren();
window.SwaggerUIBundle({
  url: place.dataset.description,
  domNode: place,
  deepLinking: true,
  displayRequestDuration: true,
  // Tokens stay in memory: what is in a browser's storage is there for every later script of this origin.
  persistAuthorization: false,
  // The default asks a host of somebody else to check the description.
  validatorUrl: null,
  tryItOutEnabled: true,
  presets: [window.SwaggerUIBundle.presets.apis],
  layout: "BaseLayout",
});
