#include "plugin.h"

cJSON* document_row(const bccast_rows* rows, size_t row) {
  const char* json = NULL;
  size_t length = 0;
  (void)bccast_rows_json(rows, row, &json, &length);
  return cJSON_ParseWithLength(json, length);
}

cJSON* document_rows(const bccast_rows* rows) {
  const char* json = NULL;
  (void)bccast_rows_json(rows, BCCAST_ALL_ROWS, &json, NULL);
  return cJSON_CreateRaw(json);
}

/* The program's exit codes: wrong use, not found, try again, and any other error. */
static int exit_code(int32_t code) {
  return code == BCCAST_E_ARGUMENT ? 2 : code == BCCAST_E_NOT_FOUND ? 4 : code == BCCAST_E_BUSY ? 75 : 1;
}

static cJSON* error(int32_t code, const char* message, bool retriable, int32_t native) {
  cJSON* document = cJSON_CreateObject();
  cJSON* object = cJSON_AddObjectToObject(document, "error");
  cJSON_AddNumberToObject(object, "exit_code", exit_code(code));
  cJSON_AddStringToObject(object, "code", bccast_code_name(code));
  cJSON_AddStringToObject(object, "message", message);
  cJSON_AddBoolToObject(object, "retriable", retriable);
  cJSON_AddNumberToObject(object, "native", native);
  return document;
}

cJSON* document_error(int32_t code) {
  return error(code, bccast_error_message(), bccast_error_retriable() == 1, bccast_error_native());
}

cJSON* document_refusal(int32_t code, const char* message) {
  return error(code, message, false, 0);
}
