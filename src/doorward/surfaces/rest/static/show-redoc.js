// Starts ReDoc on /redoc. A file of its own, because the page's policy allows no script inside the page.
import { init } from "./redoc.standalone.js";

const place = document.getElementById("documentation");
place.replaceChildren();
// Without a router of its own the page keeps its address; nothing is reported to anybody.
init(place.dataset.description, { disableTelemetry: true, router: "hash" }, place);
