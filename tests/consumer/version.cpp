// A C++ program that uses the C API.
#include <bccast/bccast.h>

#include <iostream>

int main() { std::cout << bccast_version() << '\n'; }
