/** What the keys, the bar and the rows do: each to the selected rows, or to the one that is open or marked. */

import { Refused } from "./server.js";

export class Actions {
  constructor({ list, server, toasts, picker, pane, config }) {
    Object.assign(this, { list, server, toasts, picker, pane, config });
  }

  /** Rows that are acted on. */
  rows() {
    const selected = this.list.selected();
    if (selected.length) return selected;
    const row = this.list.row(this.pane.id) ?? this.list.current;
    return row ? [row] : [];
  }

  /** `keep`: the address names it already. */
  async open(id, { keep = false } = {}) {
    const row = this.list.row(id);
    this.list.setOpen(id);
    const opened = this.pane.show(id, { keep });
    if (row?.dataset.unread && this.config.mayOperate) this.quietly({ do: "read", ids: [id] });
    await opened;
  }

  async reply() {
    const row = this.list.current;
    if (row && row.dataset.row !== this.pane.id) await this.open(row.dataset.row);
    this.pane.reply();
  }

  run(name) {
    const rows = this.rows();
    if (!rows.length || !this.config.mayOperate) return;
    const ids = rows.map((row) => row.dataset.row);
    if (name === "assign") this.assign(rows, ids);
    else if (name === "tag") this.tag(rows, ids);
    else if (name === "close") this.close(rows, ids);
    else if (name === "unread") this.send({ do: "unread", ids });
  }

  /** Open ones are closed; are all of them closed, they are opened again. */
  close(rows, ids) {
    const reopen = rows.every((row) => row.dataset.status === "closed");
    this.send({ do: reopen ? "reopen" : "close", ids });
    if (rows.length > 1) this.list.selectAll(false);
  }

  assign(rows, ids) {
    const { colleagues, me, words } = this.config;
    const now = rows.length === 1 ? rows[0].dataset.assignee : null;
    const people = colleagues.map(({ id, name }) => ({ id, label: id === me ? words.me.replace("{name}", name) : name, on: id === now }));
    people.sort((a, b) => (b.id === me) - (a.id === me));
    this.picker.ask(words.assignTo, [...people, { id: "", label: words.nobody, on: now === "", icon: "person_off" }], {
      chosen: ({ id }) => this.send({ do: "assign", ids, user: id }),
    });
  }

  tag(rows, ids) {
    const { tags, words } = this.config;
    const on = (id) => rows.every((row) => row.dataset.tags.split(" ").includes(id));
    this.picker.ask(words.tagWith, tags.map(({ id, name, colour }) => ({ id, label: name, colour, on: on(id) })), {
      chosen: ({ id, on: was }) => this.send({ do: was ? "untag" : "tag", ids, tag: id }),
      makes: (name) => this.makeTag(name, ids),
      makeWords: words.newTag,
    });
  }

  async makeTag(name, ids) {
    const { colours, saveTag, tags } = this.config;
    const colour = colours[1 + (tags.length % (colours.length - 1))];
    await this.trying(async () => {
      const tag = await this.server.post(saveTag, { name, colour });
      tags.push(tag);
      await this.send({ do: "tag", ids, tag: tag.id });
    });
  }

  send(fields) {
    return this.trying(async () => {
      const { words, undo } = await this.server.act(fields);
      this.list.refresh(fields.ids);
      this.toasts.show(words, { undo: undo.length ? () => this.takeBack(undo) : null });
    });
  }

  takeBack(undo) {
    return this.trying(async () => {
      for (const fields of undo) {
        await this.server.act(fields);
        this.list.refresh(fields.ids);
      }
    });
  }

  async quietly(fields) {
    try {
      await this.server.act(fields);
      this.list.refresh(fields.ids);
    } catch {
      // A mark that is missing is set the next time.
    }
  }

  async trying(work) {
    try {
      await work();
    } catch (error) {
      this.toasts.show(error instanceof Refused ? error.message : this.config.words.failed, { bad: true });
    }
  }
}
