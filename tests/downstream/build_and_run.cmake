# Installs the build in BUILD_DIR under WORK_DIR, builds the project in this folder
# against it, and runs its programs: cmake -D BUILD_DIR=... -D WORK_DIR=... -P this
function(run)
  execute_process(COMMAND ${ARGN} COMMAND_ERROR_IS_FATAL ANY)
endfunction()

file(REMOVE_RECURSE "${WORK_DIR}")
run("${CMAKE_COMMAND}" --install "${BUILD_DIR}" --prefix "${WORK_DIR}/prefix")
run("${CMAKE_COMMAND}" -S "${CMAKE_CURRENT_LIST_DIR}" -B "${WORK_DIR}/build" -G Ninja
    -D "CMAKE_BUILD_TYPE=Release" -D "CMAKE_PREFIX_PATH=${WORK_DIR}/prefix"
    -D "MICROFICHE_TORCH_DIR=${MICROFICHE_TORCH_DIR}")
run("${CMAKE_COMMAND}" --build "${WORK_DIR}/build")
run("${WORK_DIR}/build/score")
run("${WORK_DIR}/build/ocr_sweep" "${CMAKE_CURRENT_LIST_DIR}/../../data/text/held_out" "${WORK_DIR}/run")
