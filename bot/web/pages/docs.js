// Draws openapi.json as a page. In place of FastAPI's own page, which loads its program from a CDN.

/** An element with properties, then children (elements or texts; null is left out). */
function el(tag, properties, ...children) {
  const element = Object.assign(document.createElement(tag), properties);
  element.append(...children.filter((child) => child !== null));
  return element;
}

function nameOf(schema) {
  if (schema.$ref) return schema.$ref.split("/").pop();
  if (schema.enum) return schema.enum.map((value) => JSON.stringify(value)).join(" | ");
  if (schema.type === "array") return `list of ${nameOf(schema.items ?? {})}`;
  return schema.type ?? "anything";
}

function table(schema) {
  const required = new Set(schema.required ?? []);
  const rows = Object.entries(schema.properties ?? {}).map(([name, property]) => el("tr", {},
    el("td", {}, el("code", { textContent: name })), el("td", { textContent: nameOf(property) }),
    el("td", { textContent: required.has(name) ? "always" : "may be absent" }),
    el("td", { textContent: property.description ?? "" })));
  const head = ["Field", "Type", "There", "Meaning"].map((text) => el("th", { scope: "col", textContent: text }));
  return el("div", { className: "scroll", tabIndex: 0 },
    el("table", {}, el("thead", {}, el("tr", {}, ...head)), el("tbody", {}, ...rows)));
}

function operation(path, method, spec) {
  const body = spec.requestBody?.content?.["application/json"]?.schema;
  const responses = Object.entries(spec.responses ?? {}).map(([status, response]) => {
    const schema = response.content?.["application/json"]?.schema;
    return el("li", {}, el("b", { textContent: status }), ` ${response.description}`,
      schema?.$ref ? `: ${nameOf(schema)}` : "");
  });
  return el("section", {},
    el("h2", { className: "address" }, el("b", { textContent: method.toUpperCase() }), ` ${path}`),
    el("p", { textContent: [spec.summary, spec.description].filter(Boolean).join(". ") }),
    body ? el("h3", { textContent: "Request" }) : null, body ? table(body) : null,
    el("h3", { textContent: "Responses" }), el("ul", {}, ...responses));
}

async function start() {
  const target = document.getElementById("api");
  const api = await fetch(new URL("openapi.json", document.baseURI)).then((response) => response.json());
  const operations = Object.entries(api.paths).flatMap(([path, methods]) =>
    Object.entries(methods).map(([method, spec]) => operation(path, method, spec)));
  const shapes = Object.entries(api.components?.schemas ?? {}).map(([name, schema]) =>
    el("section", {}, el("h2", { className: "address", textContent: name }), table(schema)));
  target.replaceChildren(el("p", { textContent: api.info.description }), ...operations, ...shapes);
  target.removeAttribute("aria-busy");
}

start();
