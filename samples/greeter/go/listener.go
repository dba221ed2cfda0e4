package main

import (
	"context"
	"fmt"

	"go-micro.dev/v5"
)

func listen(service micro.Service) {
	heard := func(_ context.Context, event *Greeted) error {
		fmt.Println("heard of", event.Name)
		return nil
	}
	check(micro.RegisterSubscriber(topic, service.Server(), heard))
	check(service.Run())
}
