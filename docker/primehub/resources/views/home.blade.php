@extends('layout')
@section('title', 'Welcome')
@section('content')
    <h1>{{ $greeting }}</h1>
    <p>Visits in this session: <span id="visits">{{ $visits }}</span></p>
    <p id="greeting"></p>
    <p id="berth"></p>
    <p><a href="/orders">Orders</a></p>
@endsection
