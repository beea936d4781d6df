// What the theme leaves out, for those who hear a page or move in it by keyboard.
addEventListener("DOMContentLoaded", () => {
  for (const home of document.querySelectorAll(".sidebar-primary-item:has(.navbar-brand)")) {
    home.role = "navigation";
    home.ariaLabel = "Home";
  }
  for (const fold of document.querySelectorAll(".bd-links summary")) fold.ariaLabel = "Pages within";
  for (const formula of document.querySelectorAll("div.math")) formula.tabIndex = 0; // it scrolls where it is wide
});
