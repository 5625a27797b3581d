/** The bar above the list while rows are selected. */

export class Bulk {
  constructor(place, list, words) {
    this.bar = place.querySelector("[data-bulk]");
    this.all = this.bar.querySelector("[data-select-all]");
    this.said = this.bar.querySelector("[data-selected]");
    this.place = place;
    this.list = list;
    this.words = words;
    this.all.addEventListener("change", () => list.selectAll(this.all.checked));
  }

  show() {
    const count = this.list.selected().length;
    const shown = this.list.rows().length;
    this.bar.hidden = count === 0;
    this.place.classList.toggle("is-selecting", count > 0);
    this.all.checked = count > 0 && count === shown;
    this.all.indeterminate = count > 0 && count < shown;
    this.said.textContent = this.words.selected.replace("{count}", count);
  }
}
