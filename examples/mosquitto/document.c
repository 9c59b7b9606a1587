#include "plugin.h"

static cJSON* cell(const bccast_rows* rows, size_t row, size_t column) {
  if (bccast_rows_type(rows, column) == BCCAST_TYPE_I64) {
    int64_t number = 0;
    return bccast_rows_i64_at(rows, row, column, &number) == BCCAST_OK ? cJSON_CreateNumber((double)number)
                                                                       : cJSON_CreateNull();
  }
  const char* text = NULL;
  (void)bccast_rows_text_at(rows, row, column, &text, NULL);
  return text != NULL && *text != '\0' ? cJSON_CreateString(text) : cJSON_CreateNull();
}

cJSON* document_row(const bccast_rows* rows, size_t row) {
  cJSON* object = cJSON_CreateObject();
  for (size_t i = 0; i < bccast_rows_columns(rows); ++i) {
    cJSON_AddItemToObject(object, bccast_rows_name(rows, i), cell(rows, row, i));
  }
  return object;
}

cJSON* document_rows(const bccast_rows* rows) {
  cJSON* list = cJSON_CreateArray();
  for (size_t i = 0; i < bccast_rows_count(rows); ++i) cJSON_AddItemToArray(list, document_row(rows, i));
  return list;
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
