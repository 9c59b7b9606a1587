// A C++ program that uses the C++ library.
#include <bccast/engine.hpp>
#include <iostream>

int main() { std::cout << bccast::version() << '\n'; }
