# Writes OUTPUT from TEMPLATE with the commit of SOURCE_DIR. It runs at every build and
# changes the file only when the commit has changed.
execute_process(
  COMMAND git --no-optional-locks -C "${SOURCE_DIR}" describe --always --dirty --abbrev=12 --exclude=*
  OUTPUT_VARIABLE MICROFICHE_COMMIT
  OUTPUT_STRIP_TRAILING_WHITESPACE
  ERROR_QUIET
  RESULT_VARIABLE failed)
if(failed)
  set(MICROFICHE_COMMIT unknown)
endif()
configure_file("${TEMPLATE}" "${OUTPUT}" @ONLY)
