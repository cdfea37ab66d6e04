// Says the share while the slider moves. The answer itself comes with "Show me this"; without this
// script the page works the same, one number later.
const slider = document.querySelector("#percent");
const value = document.querySelector("#percent-value");
if (slider && value) {
  slider.addEventListener("input", () => {
    value.textContent = `${slider.value}%`;
  });
}
