// Fontconfig keeps pointers as tagged offsets, which LeakSanitizer cannot
// follow: what it still holds at the end of the process, in its own and in
// Cairo's caches, looks lost. Read by the sanitizer alone.
extern "C" const char* __lsan_default_suppressions() {
  return "leak:libfontconfig\n";
}
