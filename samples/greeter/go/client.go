package main

import (
	"context"
	"fmt"

	"go-micro.dev/v5"
)

func greet(service micro.Service, name string) {
	request := service.Client().NewRequest("greeter", "Greeter.Hello", &HelloRequest{Name: name})
	var response HelloResponse
	check(service.Client().Call(context.Background(), request, &response))
	fmt.Println(response.Message)
}
