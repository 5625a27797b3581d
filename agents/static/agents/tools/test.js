// "Try it": a field for each value the agent would give, the answer as a tree to pick parts from.

export function bindTest(root, config, tool) {
  const words = config.words;
  const form = root.querySelector("[data-test-form]");
  const fields = root.querySelector("[data-test-fields]");
  const button = form.querySelector("button");
  const answer = root.querySelector("[data-test-answer]");
  const badge = root.querySelector("[data-test-badge]");
  const given = {};
  let drawn = "";

  function show(values) {
    const asked = values.parameters.filter((parameter) => parameter.name && !parameter.fixed);
    const wanted = JSON.stringify(asked.map(({ name, kind, choices, required }) => [name, kind, choices, required]));
    if (wanted === drawn) return;
    drawn = wanted;
    fields.replaceChildren(...asked.map(field));
    if (!asked.length) {
      const note = document.createElement("p");
      note.className = "p-muted";
      note.textContent = words.noArguments;
      fields.append(note);
    }
  }

  function field(parameter) {
    const label = document.createElement("label");
    label.className = "p-field";
    const caption = document.createElement("span");
    caption.className = "p-mono";
    caption.textContent = parameter.name + (parameter.required ? "" : " ?");
    label.append(caption, input(parameter));
    return label;
  }

  function input(parameter) {
    const options = { choice: parameter.choices, yes_no: ["true", "false"] }[parameter.kind];
    const made = document.createElement(options ? "select" : "input");
    if (options) {
      made.append(new Option(words.choose, ""));
      for (const option of options) made.append(new Option({ true: words.yes, false: words.no }[option] ?? option, option));
    } else {
      made.autocomplete = "off";
      if (parameter.kind !== "text") made.inputMode = "decimal";
    }
    made.value = given[parameter.name] ?? "";
    made.addEventListener("input", () => (given[parameter.name] = made.value));
    return made;
  }

  async function send() {
    const values = tool.read();
    const names = values.parameters.filter((parameter) => !parameter.fixed).map((parameter) => parameter.name);
    const sent = Object.fromEntries(names.filter((name) => given[name]).map((name) => [name, given[name]]));
    button.disabled = true;
    answer.hidden = false;
    mark("", words.sending);
    try {
      const result = await tool.post(config.testUrl, { values, arguments: sent });
      if (result.ok) draw(result.answer);
      else {
        answer.hidden = true;
        tool.showFindings(result.answer.error.findings ?? [{ field: "", message: result.answer.error.message }]);
      }
    } catch {
      mark("is-bad", words.offline);
    } finally {
      button.disabled = false;
    }
  }

  function mark(tone, text) {
    badge.className = `p-badge ${tone}`;
    badge.textContent = text;
  }

  function draw(found) {
    tool.showFindings([]);
    mark(found.ok ? "is-good" : "is-bad", found.ok ? words.worked : words.failed);
    const facts = [];
    if (found.status) facts.push(`${words.status} ${found.status}`, `${found.milliseconds} ${words.milliseconds}`);
    else if (found.code) facts.push(found.code);
    if (found.headers["content-type"]) facts.push(found.headers["content-type"]);
    root.querySelector("[data-test-facts]").textContent = facts.join(" · ");
    root.querySelector("[data-test-result]").textContent = JSON.stringify(found.result, null, 2);
    const whole = root.querySelector("[data-test-whole]");
    whole.hidden = !found.status;
    if (!whole.hidden) {
      const content = root.querySelector("[data-test-content]");
      content.replaceChildren(found.content === "" ? words.nothing : branch(found.content, []));
    }
  }

  function branch(value, path) {
    if (value === null || typeof value !== "object") return leaf(value, path);
    const list = document.createElement("ul");
    for (const [key, inner] of Object.entries(value)) {
      const item = document.createElement("li");
      const name = document.createElement("span");
      name.className = "tl-key";
      name.textContent = `${key}: `;
      item.append(name, branch(inner, [...path, key]));
      list.append(item);
    }
    return list;
  }

  function leaf(value, path) {
    const text = typeof value === "string" ? value : JSON.stringify(value);
    if (!path.length) return document.createTextNode(text);
    const made = document.createElement("button");
    made.type = "button";
    made.textContent = text;
    made.title = `${words.take}: ${path.join(".")}`;
    made.addEventListener("click", () => tool.take({ name: nameOf(path), path: path.join(".") }));
    return made;
  }

  form.addEventListener("submit", (event) => {
    event.preventDefault();
    send();
  });
  return { show };
}

/** A name for a part of the answer: the last word of its path that is one. */
function nameOf(path) {
  const word = [...path].reverse().find((part) => /[A-Za-z]/.test(part)) ?? "value";
  return word.replace(/[^A-Za-z0-9_]+/g, "_").replace(/^[^A-Za-z_]+/, "").slice(0, 40) || "value";
}
