/* A C program that uses the C API. */
#include <bccast/bccast.h>
#include <stdio.h>

int main(void) {
  puts(bccast_version());
  return 0;
}
